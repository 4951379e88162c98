import { applyDecorators, Controller, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ApiProblems } from '../../http/api-problems.js';
import { RequireScope } from '../access.js';
import { actOf, confirmOf } from './acts.js';
import { CONFIRM_LAST } from './administered-principals.js';
import { PrincipalAdministration } from './principal-administration.js';
import { TokenStreams } from '../token-streams.js';

/** How many end, for the two acts that end all that a principal has. */
interface Ended {
  readonly tokens: number;
  readonly streams: number;
}

/** What the two of them describe alike. */
const EndsAll = () =>
  applyDecorators(
    ApiQuery({
      name: 'confirm',
      required: false,
      enum: [CONFIRM_LAST],
      description: 'Needed for the last administrator that could restore the principal',
    }),
    ApiResponse({
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
    }),
    ApiProblems('invalid_query', 'not_found', 'last_administrator', 'token_store_unavailable'),
    RequireScope('streams:admin'),
    HttpCode(202),
  );

@ApiTags('administration')
@Controller('operator/api/principals/:id')
export class PrincipalActsController {
  constructor(
    private readonly administration: PrincipalAdministration,
    private readonly streams: TokenStreams,
  ) {}

  @ApiOperation({
    summary: "End a principal's tokens, sessions and streams, and refuse its present credentials",
    description: 'A principal that gets a new token is admitted again. Restore takes it back.',
  })
  @EndsAll()
  @Post('revoke')
  revoke(
    @Param('id') principalId: string,
    @Query('confirm') confirm: unknown,
    @Req() req: Request,
  ): Promise<Ended> {
    return this.end('revoke', principalId, confirm, req);
  }

  @ApiOperation({
    summary:
      "End a principal's tokens, sessions and streams, and refuse it whatever its credential",
    description:
      'Works for principals of the configuration and of the issuer too. Restore takes it back.',
  })
  @EndsAll()
  @Post('disable')
  disable(
    @Param('id') principalId: string,
    @Query('confirm') confirm: unknown,
    @Req() req: Request,
  ): Promise<Ended> {
    return this.end('disable', principalId, confirm, req);
  }

  @ApiOperation({
    summary: 'Admit a revoked or disabled principal again',
    description: 'Its tokens, sessions and streams stay ended. 202 also for one that is neither.',
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
    await this.administration.restore(actOf(principalId, req));
    return {};
  }

  private async end(
    act: 'revoke' | 'disable',
    principalId: string,
    confirm: unknown,
    req: Request,
  ): Promise<Ended> {
    const streams = this.streams.countOf(principalId);
    const tokens = await this.administration[act](actOf(principalId, req), confirmOf(confirm));
    return { tokens, streams };
  }
}
