import { Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AuditTrail } from '../../audit/audit-trail.js';
import { RequireScope } from '../../auth/access.js';
import { callerOf } from '../../auth/credentials.js';
import type { Principal } from '../../auth/principal.js';
import { ApiRequestContent } from '../../http/api-body.js';
import { ApiProblems } from '../../http/api-problems.js';
import { checked, readBytes } from '../../http/body.js';
import { traceparentOf } from '../../http/http-tracing.js';
import { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { ACCEPTED_SCHEMA, COUNTS_SCHEMA, HISTORY_SCHEMA } from '../api-schemas.js';
import { BINARY_FORM, PUBLISHED } from './api-bodies.js';
import { EventIntake, type Accepted } from './event-intake.js';
import { EventLog } from '../log/event-log.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { readEvents } from './forms.js';
import { MAX_BATCH_BYTES } from './limits.js';
import { countEvents } from '../log/count-events.js';
import { positionsOf, searchLog } from '../log/search-log.js';
import { TextSearch } from '../log/text-search.js';
import { earlier, later } from '../position.js';
import { CountsQuery, HistoryQuery, type SearchQuery } from '../query.js';
import { mustNotBeReserved } from './rights.js';

@ApiTags('events')
@Controller('operator/api/events')
export class EventsController {
  constructor(
    private readonly intake: EventIntake,
    private readonly log: EventLog,
    private readonly reads: PrincipalReads,
    private readonly clock: Clock,
    private readonly audit: AuditTrail,
  ) {}

  @ApiOperation({
    summary: 'Publish CloudEvents: structured, batch, binary, or plain JSON',
    description: BINARY_FORM,
  })
  @ApiRequestContent(PUBLISHED)
  @ApiResponse({ status: 202, description: 'Kept', schema: ACCEPTED_SCHEMA as never })
  @ApiProblems('invalid_event', 'too_large', 'unsupported_media_type', 'event_log_unavailable')
  @RequireScope('events:publish')
  @HttpCode(202)
  @Post()
  async publish(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<Accepted> {
    const body = await readBytes(req, res, MAX_BATCH_BYTES);
    const principal = req.principal as Principal;
    const { events, fieldOf } = await readEvents(req.headersDistinct, body, {
      now: this.clock.now(),
      correlationId: req.correlationId,
      publisher: principal.id,
    });
    mustNotBeReserved(principal, events, fieldOf);
    return this.intake.accept(events, principal, callerOf(req), fieldOf, traceparentOf(req));
  }

  @ApiOperation({
    summary: 'History, and polling where a stream is not possible',
    description:
      'Events in the order of the log. `next` goes on in the same direction: as `after` when `after` was given, else as `before`; null at the end. A search reads a limited number of events for one request, so a page may hold fewer events than `limit`, or none, while `next` is set. `searched_back_to` is where the search stopped; null when it reached the beginning, and with `after`. With `after`, `latest` is the position up to which everything was searched, to poll from later, and `gap` says, as the frame of the stream does, that some events after it are no longer in the log; both are null without `after`.',
  })
  @ApiQuery({ type: HistoryQuery })
  @ApiOkResponse({ description: 'A page', schema: HISTORY_SCHEMA as never })
  @ApiProblems('invalid_query', 'event_log_unavailable')
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get()
  async history(@Req() req: Request, @Res() res: Response): Promise<void> {
    const query = await checked(HistoryQuery, { ...req.query }, 'invalid_query');
    const principal = req.principal as Principal;
    const forward = query.after !== undefined;
    const { after, before } = positionsOf(query.since, query.until);
    const page = await this.reads.run(principal.id, () =>
      searchLog(this.log, {
        after: query.after && after ? later(query.after, after) : (query.after ?? after),
        before: query.before && before ? earlier(query.before, before) : (query.before ?? before),
        filter: filterOf(principal, query),
        search: new TextSearch(query),
        limit: query.limit,
        take: forward ? 'oldest' : 'newest',
        resume: query.after,
        abandoned: () => req.socket.destroyed,
      }),
    );
    await this.audit.record({
      action: 'events.read',
      actor: principal.id,
      address: req.ip,
      correlationId: req.correlationId,
      amount: page.events.length,
    });
    const next = JSON.stringify(page.next ?? null);
    // Not inside the events: any name there may be an extension of their producer.
    const publishers = principal.scopes.has('audit:read')
      ? `,"publishers":${JSON.stringify(page.events.map(({ publisher }) => publisher))}`
      : '';
    // The events are JSON already: encoded once, when they were accepted.
    const events = page.events.map((event) => event.json).join(',');
    const searched = forward ? 'null' : next;
    const latest = JSON.stringify(page.resumed?.latest ?? null);
    const gap = JSON.stringify(page.resumed?.gap ?? null);
    res
      .type('application/json')
      .send(
        `{"events":[${events}]${publishers},"next":${next},"searched_back_to":${searched},"latest":${latest},"gap":${gap}}`,
      );
  }

  @ApiOperation({
    summary: 'Numbers of events in a period, by severity, module, type and time',
    description:
      'Counts the events that the caller may read. `module` and `type` hold the 100 most frequent values. With `q`, `source`, `subject` or `correlationid`, one request reads a limited number of events, the newest first. When that was not all, `is_complete` is false and `searched_back_to` is where it stopped: the same request with this position as `before` counts the rest. Otherwise `searched_back_to` is the position of the oldest event held when the log no longer has the beginning of the period, else null.',
  })
  @ApiQuery({ type: CountsQuery })
  @ApiOkResponse({ description: 'The numbers', schema: COUNTS_SCHEMA as never })
  @ApiProblems('invalid_query', 'event_log_unavailable')
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get('counts')
  async counts(@Req() req: Request): Promise<object> {
    const query = await checked(CountsQuery, { ...req.query }, 'invalid_query');
    const principal = req.principal as Principal;
    return this.reads.run(principal.id, () =>
      countEvents(this.log, {
        since: query.since,
        until: query.until,
        buckets: query.buckets,
        by: query.by ?? ['severity'],
        now: this.clock.now(),
        filter: filterOf(principal, query),
        visible: EventFilter.of(principal.filter),
        search: new TextSearch(query),
        before: query.before,
        abandoned: () => req.socket.destroyed,
      }),
    );
  }
}

/** What the log decides by its index; the search decides the rest, within its budget. */
function filterOf(principal: Principal, query: SearchQuery): EventFilter {
  const { severity, module, type, system } = query;
  const filter = EventFilter.of(principal.filter, { severity, module, type });
  return system === 'false' ? filter.withoutRoutine() : filter;
}
