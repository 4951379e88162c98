import { Controller, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ApiProblems } from '../http/api-problems.js';
import { RequireScope } from './access.js';
import { CONFIRM_LAST, PrincipalAdministration } from './principal-administration.js';
import type { Principal } from './principal.js';
import { TokenStreams } from './token-streams.js';

@ApiTags('administration')
@Controller('operator/api/principals/:id')
export class PrincipalAdminController {
  constructor(
    private readonly administration: PrincipalAdministration,
    private readonly streams: TokenStreams,
  ) {}

  @ApiOperation({ summary: "End a principal's tokens and streams, and refuse it from now on" })
  @ApiQuery({
    name: 'confirm',
    required: false,
    enum: [CONFIRM_LAST],
    description: 'Needed to revoke the last administrator that could restore the principal',
  })
  @ApiResponse({
    status: 202,
    description:
      'How many end, on all instances. In effect within a second on every instance and at the gateway.',
    schema: {
      type: 'object',
      required: ['tokens', 'streams'],
      additionalProperties: false,
      properties: {
        tokens: { type: 'integer', minimum: 0 },
        streams: { type: 'integer', minimum: 0 },
      },
    },
  })
  @ApiProblems('not_found', 'last_administrator', 'token_store_unavailable')
  @RequireScope('streams:admin')
  @HttpCode(202)
  @Post('revoke')
  async revoke(
    @Param('id') principalId: string,
    @Query('confirm') confirm: unknown,
    @Req() req: Request,
  ): Promise<{ tokens: number; streams: number }> {
    const streams = this.streams.countOf(principalId);
    const tokens = await this.administration.revoke(
      act(principalId, req),
      typeof confirm === 'string' ? confirm : undefined,
    );
    return { tokens, streams };
  }

  @ApiOperation({
    summary: 'Admit a revoked principal again',
    description: 'Its tokens and streams stay ended. 202 also for one that is not revoked.',
  })
  @ApiResponse({
    status: 202,
    description: 'In effect within a second everywhere',
    schema: { type: 'object', additionalProperties: false },
  })
  @ApiProblems('not_found', 'token_store_unavailable')
  @RequireScope('streams:admin')
  @HttpCode(202)
  @Post('restore')
  async restore(@Param('id') principalId: string, @Req() req: Request): Promise<object> {
    await this.administration.restore(act(principalId, req));
    return {};
  }
}

function act(principalId: string, req: Request) {
  return { principalId, by: req.principal as Principal, correlationId: req.correlationId };
}
