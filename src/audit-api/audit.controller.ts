import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ACTION_NAMES } from '../audit/actions.js';
import { AuditReader } from '../audit/audit-reader.js';
import type { AuditLine, AuditRecord } from '../audit/audit-store.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { RequireScope } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { ApiProblems } from '../http/api-problems.js';
import { checked } from '../http/body.js';
import { ProblemError } from '../kernel/problem.js';
import { AuditExportQuery, AuditListQuery, storeQuery } from './audit-query.js';
import { visiblePrincipals } from './visible-principals.js';

const TEXT = { type: 'string' };
const TIME = { type: 'string', format: 'date-time' };
const COUNT = { type: 'integer', minimum: 0 };
const ENTRY = {
  type: 'object',
  required: ['position', 'hash', 'v', 'chain', 'seq', 'prev', 'time', 'action', 'result'],
  properties: {
    position: TEXT,
    hash: { ...TEXT, pattern: '^[0-9a-f]{64}$' },
    v: { const: 1 },
    chain: TEXT,
    seq: { type: 'integer', minimum: 1 },
    prev: { ...TEXT, pattern: '^[0-9a-f]{64}$' },
    time: TIME,
    action: { enum: ACTION_NAMES },
    result: { enum: ['done', 'refused'] },
    actor: TEXT,
    subject: TEXT,
    owner: TEXT,
    reason: TEXT,
    address: TEXT,
    correlation_id: TEXT,
    amount: COUNT,
    count: { ...COUNT, minimum: 1 },
    until: TIME,
    detail: { type: 'object' },
  },
};
const PAGE = {
  type: 'object',
  required: ['entries', 'next'],
  additionalProperties: false,
  properties: {
    entries: { type: 'array', items: ENTRY },
    next: { type: ['string', 'null'] },
  },
};

@ApiTags('audit')
@Controller('operator/api/audit')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly trail: AuditTrail,
    private readonly verifier: TokenVerifier,
  ) {}

  @ApiOperation({
    summary: 'The audit trail, newest first',
    description:
      'Who did what, when, from where, with which result. A principal with a filter sees the entries about itself and about principals whose own filter lies inside its filter. A page looks at a limited number of entries, so it may hold fewer than `limit`, or none, while `next` is set; pass `next` as `before` to go on.',
  })
  @ApiQuery({ type: AuditListQuery })
  @ApiOkResponse({ description: 'A page', schema: PAGE as never })
  @ApiProblems('invalid_query', 'audit_unavailable')
  @RequireScope('audit:read')
  @Get()
  async list(@Req() req: Request): Promise<object> {
    const query = await checked(AuditListQuery, { ...req.query }, 'invalid_query');
    const by = req.principal as Principal;
    const principals = visiblePrincipals(by, this.verifier.principals());
    const page = await this.reader.list(storeQuery(query, principals), query.before, query.limit);
    await this.note(req, page.records.length);
    return { entries: page.records.map(shown), next: page.next ?? null };
  }

  @ApiOperation({
    summary: 'Every entry of the audit trail, oldest first, as it is in its chain',
    description:
      'One JSON object a line. Without `position` and `hash` each is what its hash is over, in canonical JSON (RFC 8785). `vx11 audit verify` and `vx11 audit export` read it. Only for principals without a filter: a chain with holes proves nothing.',
  })
  @ApiQuery({ type: AuditExportQuery })
  @ApiResponse({
    status: 200,
    description: 'At most `limit` lines; the next ones follow `after` the last position',
    content: { 'application/x-ndjson': { schema: TEXT as never } },
  })
  @ApiProblems('invalid_query', 'audit_unavailable')
  @RequireScope('audit:read')
  @Get('export')
  async export(@Req() req: Request, @Res() res: Response): Promise<void> {
    const { after, limit } = await checked(AuditExportQuery, { ...req.query }, 'invalid_query');
    const by = req.principal as Principal;
    if (by.filter !== undefined) {
      throw new ProblemError(
        'insufficient_scope',
        'Exporting the whole trail needs a principal without a filter. GET /operator/api/audit shows your part.',
      );
    }
    const { lines } = await this.reader.scan(after, limit);
    await this.note(req, lines.length);
    res.type('application/x-ndjson').send(lines.map(lineOf).join(''));
  }

  private note(req: Request, amount: number): Promise<void> {
    return this.trail.record({
      action: 'audit.read',
      actor: req.principal?.id,
      address: req.ip,
      correlationId: req.correlationId,
      amount,
    });
  }
}

function shown({ position, hash, entry }: AuditRecord): object {
  return { position, hash, ...entry };
}

/** The entry's own text with two members in front: no second encoding of what was hashed. */
function lineOf({ position, hash, text }: AuditLine): string {
  return `{"position":${JSON.stringify(position)},"hash":"${hash}",${text.slice(1)}\n`;
}
