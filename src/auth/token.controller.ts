import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import type { Request, Response } from 'express';
import { ApiProblems } from '../http/api-problems.js';
import { readJson, requireJson } from '../http/body.js';
import { RequireScope } from './access.js';
import { EphemeralTokens, LIFETIME_SEC } from './ephemeral-tokens.js';
import { FilterBody, IsFilter } from './filter-body.js';
import type { Principal } from './principal.js';
import { cookieToBind, setCookie } from './stream-cookie.js';
import { TokenStreams, type EndScope } from './token-streams.js';

class IssueBody {
  @ApiPropertyOptional({
    type: FilterBody,
    minProperties: 1,
    description: 'Narrows what the token may read',
  })
  @IsFilter()
  filter?: FilterBody;
}

class RevokeBody {
  @ApiProperty({ description: 'The ephemeral token to end', maxLength: 8192 })
  @IsString()
  @MaxLength(8192)
  sse_token: string;
}

class IssuedToken {
  @ApiProperty({ format: 'uuid', example: '***' })
  sse_token: string;

  @ApiProperty({ example: LIFETIME_SEC })
  expires_in_sec: number;

  @ApiProperty({ example: LIFETIME_SEC })
  ttl_sec: number;
}

@ApiTags('tokens')
@Controller('operator/api/events/sse-token')
export class TokenController {
  constructor(
    private readonly tokens: EphemeralTokens,
    private readonly streams: TokenStreams,
  ) {}

  @ApiOperation({ summary: 'Trade a principal token for an ephemeral token' })
  @ApiBody({
    type: IssueBody,
    required: false,
    examples: {
      everything: { summary: 'All that you may read', value: {} },
      narrowed: { summary: 'Less', value: { filter: { severity: ['critical'] } } },
    },
  })
  @ApiOkResponse({ type: IssuedToken })
  @ApiProblems(
    'too_large',
    'unsupported_media_type',
    'rate_limited',
    'token_store_unavailable',
    'token_cache_full',
  )
  @RequireScope('events:read')
  @HttpCode(200)
  @Post()
  async issue(@Req() req: Request, @Res() res: Response): Promise<void> {
    const body = await readJson(req, res, IssueBody);
    const cookie = cookieToBind(req);
    const token = await this.tokens.issue(
      req.principal as Principal,
      body?.filter,
      { address: req.ip ?? '', correlationId: req.correlationId },
      cookie,
    );
    sendIssued(res, token, cookie);
  }

  @ApiOperation({ summary: 'End an ephemeral token and the streams opened with it' })
  @ApiBody({ type: RevokeBody, required: true })
  @ApiResponse({ status: 204, description: 'It is ended, also when it was so already' })
  @ApiProblems(
    'not_found',
    'too_large',
    'unsupported_media_type',
    'token_store_unavailable',
    'instances_unreachable',
  )
  @RequireScope('events:read')
  @HttpCode(204)
  @Post('revoke')
  async revoke(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<void> {
    const { sse_token: token } = await requireJson(req, res, RevokeBody);
    const by = req.principal as Principal;
    const hashes = await this.tokens.revoke(token, by, {
      address: req.ip ?? '',
      correlationId: req.correlationId,
    });
    // A stream outlives its token, so the token may have expired while its stream is open.
    await this.streams.endWithToken(hashes, endScope(by));
  }
}

/** Its own streams; with streams:admin, everything inside the filter. */
function endScope(by: Principal): EndScope {
  if (!by.scopes.has('streams:admin')) return { ownerId: by.id };
  return by.filter ? { within: [by.filter] } : {};
}

/**
 * Written by hand: this is the busiest answer of the product, of one known
 * shape, and Express's `json` would spend a third of the request on it.
 */
function sendIssued(res: Response, token: string, cookie: string | undefined): void {
  const body = `{"sse_token":"${token}","expires_in_sec":${LIFETIME_SEC},"ttl_sec":${LIFETIME_SEC}}`;
  res
    .writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': body.length,
      ...(cookie === undefined ? {} : { 'Set-Cookie': setCookie(cookie) }),
    })
    .end(body);
}
