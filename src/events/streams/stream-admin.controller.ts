import { Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AuditTrail } from '../../audit/audit-trail.js';
import { RequireScope } from '../../auth/access.js';
import { EphemeralTokens } from '../../auth/ephemeral-tokens.js';
import type { Principal } from '../../auth/principal.js';
import { TokenVerifier } from '../../auth/token-verifier.js';
import { ProblemError } from '../../kernel/problem.js';
import { StreamDirectory, type StreamList } from './stream-directory.js';

@ApiTags('administration')
@Controller('operator/api')
export class StreamAdminController {
  constructor(
    private readonly directory: StreamDirectory,
    private readonly tokens: EphemeralTokens,
    private readonly verifier: TokenVerifier,
    private readonly audit: AuditTrail,
  ) {}

  @ApiOperation({ summary: 'The open streams of all instances' })
  @ApiOkResponse({
    description:
      '{"streams":[…],"total","silent_instances"}: at most a thousand streams of each instance, the newest',
  })
  @RequireScope('streams:admin')
  @Get('streams')
  list(): Promise<StreamList> {
    return this.directory.list();
  }

  @ApiOperation({ summary: 'End a stream, whichever instance carries it' })
  @ApiResponse({ status: 204, description: 'It was told goodbye' })
  @RequireScope('streams:admin')
  @HttpCode(204)
  @Delete('streams/:id')
  async end(@Param('id') id: string, @Req() req: Request): Promise<void> {
    await this.directory.end(id);
    this.audit.record({
      action: 'stream.ended_by_admin',
      actor: (req.principal as Principal).id,
      subject: id,
      correlationId: req.correlationId,
    });
  }

  @ApiOperation({ summary: "End a principal's tokens and streams, and refuse it from now on" })
  @ApiResponse({
    status: 202,
    description: '{"tokens","streams"}: how many end, of all instances; within a second everywhere',
  })
  @RequireScope('streams:admin')
  @HttpCode(202)
  @Post('principals/:id/revoke')
  async revoke(
    @Param('id') id: string,
    @Req() req: Request,
  ): Promise<{ tokens: number; streams: number }> {
    const credentials = this.verifier.credentialsOf(id);
    if (!credentials) throw new ProblemError('not_found', 'No principal has this id.');
    const streams = this.directory.countOf(id);
    const by = req.principal as Principal;
    const tokens = await this.tokens.revokePrincipal(id, credentials, by, req.correlationId);
    return { tokens, streams };
  }
}
