import { Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AuditTrail } from '../audit/audit-trail.js';
import { RequireScope } from '../auth/access.js';
import { EphemeralTokens } from '../auth/ephemeral-tokens.js';
import type { Principal } from '../auth/principal.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ProblemError } from '../kernel/problem.js';
import { StreamRegistry } from './stream-registry.js';
import type { Stream } from './stream.js';

/** One open stream, as administrators see it. */
interface StreamRow {
  id: string;
  principal_id: string;
  credential: string;
  filter: unknown;
  address: string;
  user_agent: string;
  opened_at: string;
}

@ApiTags('administration')
@Controller('operator/api')
export class StreamsController {
  constructor(
    private readonly streams: StreamRegistry,
    private readonly tokens: EphemeralTokens,
    private readonly verifier: TokenVerifier,
    private readonly audit: AuditTrail,
  ) {}

  @ApiOperation({ summary: 'The open streams' })
  @ApiOkResponse({ description: '{"streams":[…]}' })
  @RequireScope('streams:admin')
  @Get('streams')
  list(): { streams: StreamRow[] } {
    return { streams: this.streams.all().map(row) };
  }

  @ApiOperation({ summary: 'End a stream' })
  @ApiResponse({ status: 204, description: 'It was told goodbye' })
  @RequireScope('streams:admin')
  @HttpCode(204)
  @Delete('streams/:id')
  end(@Param('id') id: string, @Req() req: Request): void {
    const stream = this.streams.get(id);
    if (!stream) {
      throw new ProblemError('not_found', 'No stream has this id; it may have ended already.');
    }
    stream.goodbye('admin');
    this.audit.record({
      action: 'stream.ended_by_admin',
      actor: (req.principal as Principal).id,
      subject: id,
      correlationId: req.correlationId,
    });
  }

  @ApiOperation({ summary: "End a principal's tokens and streams, and refuse it from now on" })
  @ApiResponse({ status: 202, description: '{"tokens","streams"}: how many ended here' })
  @RequireScope('streams:admin')
  @HttpCode(202)
  @Post('principals/:id/revoke')
  async revoke(
    @Param('id') id: string,
    @Req() req: Request,
  ): Promise<{ tokens: number; streams: number }> {
    if (!this.verifier.knows(id)) throw new ProblemError('not_found', 'No principal has this id.');
    this.verifier.revoke(id);
    const tokens = await this.tokens.revokePrincipal(
      id,
      req.principal as Principal,
      req.correlationId,
    );
    const streams = this.streams.endWhere(({ info }) => info.access.principalId === id, 'revoked');
    return { tokens, streams };
  }
}

function row({ id, info }: Stream): StreamRow {
  return {
    id,
    principal_id: info.access.principalId,
    credential: info.access.credential,
    filter: info.filter.specs,
    address: info.address,
    user_agent: info.userAgent,
    opened_at: new Date(info.openedAt).toISOString(),
  };
}
