import {
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiProblems } from '../../http/api-problems.js';
import { readJson, requireJson } from '../../http/body.js';
import { holds, TEXT_QUERY, textOf } from '../../http/text-query.js';
import { ProblemError } from '../../kernel/problem.js';
import { RequireScope } from '../access.js';
import { PrincipalRights } from '../principal-rights.js';
import type { Principal } from '../principal.js';
import { TokenStreams } from '../token-streams.js';
import { AdministeredPrincipals, CONFIRM_LAST } from './administered-principals.js';
import { actOf, confirmOf } from './acts.js';
import { ChangePrincipalBody, CreatePrincipalBody, RotateBody } from './principal-bodies.js';
import { PrincipalLifecycle } from './principal-lifecycle.js';
import { PrincipalRecords } from './principal-records.js';
import { principalView, PRINCIPAL_SCHEMA, type PrincipalView } from './principal-views.js';

/** Principals of one page. */
const PAGE = 1_000;
const DEFAULT_GRACE_SEC = 3600;

const TOKEN = {
  type: 'string',
  description: 'The new token, which nobody can read again; absent when you sent its hash',
  example: '***',
};

@ApiTags('administration')
@Controller('operator/api/principals')
export class PrincipalsController {
  constructor(
    private readonly lifecycle: PrincipalLifecycle,
    private readonly administered: AdministeredPrincipals,
    private readonly records: PrincipalRecords,
    private readonly rights: PrincipalRights,
    private readonly streams: TokenStreams,
  ) {}

  @ApiOperation({ summary: 'The principals that you administrate' })
  @ApiQuery({ name: 'after', required: false, description: 'The last id of the page before' })
  @ApiQuery({
    ...TEXT_QUERY,
    description: 'Only those with this text in id, source, status, comment or scopes, in any case',
  })
  @ApiOkResponse({
    description: `In the order of their ids, at most ${PAGE}`,
    schema: {
      type: 'object',
      required: ['principals', 'total', 'matching', 'next'],
      additionalProperties: false,
      properties: {
        principals: { type: 'array', items: PRINCIPAL_SCHEMA },
        total: { type: 'integer', minimum: 0, description: 'All that you administrate' },
        matching: { type: 'integer', minimum: 0, description: 'Those of them that match q' },
        next: { type: ['string', 'null'], description: 'Send it as `after`; null: no more' },
      },
    } as never,
  })
  @ApiProblems('invalid_query')
  @RequireScope('streams:admin')
  @Header('Cache-Control', 'no-store')
  @Get()
  list(
    @Query('after') after: unknown,
    @Query('q') q: unknown,
    @Req() req: Request,
  ): { principals: PrincipalView[]; total: number; matching: number; next: string | null } {
    const by = req.principal as Principal;
    const from = typeof after === 'string' ? after : '';
    const text = textOf(q);
    const all = this.administered.idsFor(by);
    const matching =
      text === '' ? all : all.filter((id) => holds(wordsOf(this.view(id, by)), text));
    const rest = matching.filter((id) => id > from);
    const page = rest.slice(0, PAGE);
    return {
      principals: page.map((id) => this.view(id, by)),
      total: all.length,
      matching: matching.length,
      next: rest.length > PAGE ? (page.at(-1) ?? null) : null,
    };
  }

  @ApiOperation({ summary: 'One principal' })
  @ApiOkResponse({ schema: PRINCIPAL_SCHEMA as never })
  @ApiProblems('not_found')
  @RequireScope('streams:admin')
  @Header('Cache-Control', 'no-store')
  @Get(':id')
  get(@Param('id') id: string, @Req() req: Request): PrincipalView {
    return this.view(id, req.principal as Principal);
  }

  @ApiOperation({
    summary: 'Create a principal',
    description:
      'It may do at most what you may do yourself. In effect within a second everywhere.',
  })
  @ApiBody({ type: CreatePrincipalBody, required: true })
  @ApiResponse({
    status: 201,
    schema: {
      type: 'object',
      required: ['principal'],
      additionalProperties: false,
      properties: { principal: PRINCIPAL_SCHEMA, token: TOKEN },
    } as never,
  })
  @ApiProblems(
    'principal_exists',
    'too_many_principals',
    'too_large',
    'unsupported_media_type',
    'token_store_unavailable',
  )
  @RequireScope('streams:admin')
  @Header('Cache-Control', 'no-store')
  @HttpCode(201)
  @Post()
  async create(
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<{ principal: PrincipalView; token?: string }> {
    const body = await requireJson(req, res, CreatePrincipalBody);
    const expiresAt = body.expires_at === undefined ? undefined : Date.parse(body.expires_at);
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      throw new ProblemError('invalid_request', 'expires_at is past. Send a time to come.');
    }
    const { scopes, filter, rate_limit: rateLimit, comment } = body;
    const token = await this.lifecycle.create(
      actOf(body.id, req),
      { scopes: unique(scopes), filter, rateLimit, comment, expiresAt },
      body.token_sha256,
    );
    const principal = this.view(body.id, req.principal as Principal);
    return token === undefined ? { principal } : { principal, token };
  }

  @ApiOperation({
    summary: 'Change what a principal may do, or when it expires',
    description: 'Absent fields stay as they are. In effect within a second everywhere.',
  })
  @ApiBody({ type: ChangePrincipalBody, required: true })
  @ApiQuery({ name: 'confirm', required: false, enum: [CONFIRM_LAST] })
  @ApiOkResponse({ schema: PRINCIPAL_SCHEMA as never })
  @ApiProblems(
    'invalid_query',
    'not_found',
    'principal_configured',
    'last_administrator',
    'too_large',
    'unsupported_media_type',
    'token_store_unavailable',
  )
  @RequireScope('streams:admin')
  @Header('Cache-Control', 'no-store')
  @Patch(':id')
  async change(
    @Param('id') id: string,
    @Query('confirm') confirm: unknown,
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<PrincipalView> {
    const body = await requireJson(req, res, ChangePrincipalBody);
    const { scopes, filter, rate_limit: rateLimit, comment, expires_at: expires } = body;
    const expiresAt = typeof expires === 'string' ? Date.parse(expires) : expires;
    await this.lifecycle.change(
      actOf(id, req),
      { scopes: scopes && unique(scopes), filter, rateLimit, comment, expiresAt },
      confirmOf(confirm),
    );
    return this.view(id, req.principal as Principal);
  }

  @ApiOperation({
    summary: 'Give a principal a new token',
    description:
      'The previous one stays valid for a grace time, so that its holder can change over.',
  })
  @ApiBody({ type: RotateBody, required: false })
  @ApiOkResponse({
    schema: {
      type: 'object',
      required: ['principal', 'previous_valid_until'],
      additionalProperties: false,
      properties: {
        principal: PRINCIPAL_SCHEMA,
        token: TOKEN,
        previous_valid_until: { type: 'string', format: 'date-time' },
      },
    } as never,
  })
  @ApiProblems(
    'not_found',
    'principal_configured',
    'principal_exists',
    'too_large',
    'unsupported_media_type',
    'token_store_unavailable',
  )
  @RequireScope('streams:admin')
  @Header('Cache-Control', 'no-store')
  @HttpCode(200)
  @Post(':id/rotate')
  async rotate(
    @Param('id') id: string,
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<{ principal: PrincipalView; token?: string; previous_valid_until: string }> {
    const body = await readJson(req, res, RotateBody);
    const { token, previousValidUntil } = await this.lifecycle.rotate(
      actOf(id, req),
      body?.grace_sec ?? DEFAULT_GRACE_SEC,
      body?.token_sha256,
    );
    return {
      principal: this.view(id, req.principal as Principal),
      ...(token === undefined ? {} : { token }),
      previous_valid_until: new Date(previousValidUntil).toISOString(),
    };
  }

  @ApiOperation({ summary: 'Remove a principal, its tokens and its streams' })
  @ApiQuery({ name: 'confirm', required: false, enum: [CONFIRM_LAST] })
  @ApiResponse({ status: 204, description: 'In effect within a second everywhere' })
  @ApiProblems(
    'invalid_query',
    'not_found',
    'principal_configured',
    'last_administrator',
    'token_store_unavailable',
  )
  @RequireScope('streams:admin')
  @HttpCode(204)
  @Delete(':id')
  delete(
    @Param('id') id: string,
    @Query('confirm') confirm: unknown,
    @Req() req: Request,
  ): Promise<void> {
    return this.lifecycle.delete(actOf(id, req), confirmOf(confirm));
  }

  private view(id: string, by: Principal): PrincipalView {
    const entries = this.administered.find(id, by);
    return principalView(entries, this.records.get(id), this.rights, this.streams.countOf(id));
  }
}

function wordsOf({ id, source, status, comment, scopes }: PrincipalView): (string | null)[] {
  return [id, source, status, comment, ...scopes];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
