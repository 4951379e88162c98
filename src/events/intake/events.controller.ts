import { Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import { ApiRequestContent } from '../../http/api-body.js';
import { ApiProblems } from '../../http/api-problems.js';
import { checked, readBytes } from '../../http/body.js';
import { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { ACCEPTED_SCHEMA, HISTORY_SCHEMA } from '../api-schemas.js';
import { BINARY_FORM, PUBLISHED } from './api-bodies.js';
import { EventIntake, type Accepted } from './event-intake.js';
import { EventLog } from '../log/event-log.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { readEvents } from './forms.js';
import { MAX_BATCH_BYTES } from './limits.js';
import { HistoryQuery } from '../query.js';
import { mustNotBeReserved } from './rights.js';

@ApiTags('events')
@Controller('operator/api/events')
export class EventsController {
  constructor(
    private readonly intake: EventIntake,
    private readonly log: EventLog,
    private readonly reads: PrincipalReads,
    private readonly clock: Clock,
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
    const { events, fieldOf } = readEvents(req.headersDistinct, body, {
      now: this.clock.now(),
      correlationId: req.correlationId,
      publisher: principal.id,
    });
    mustNotBeReserved(principal, events, fieldOf);
    return this.intake.accept(events, principal, fieldOf);
  }

  @ApiOperation({
    summary: 'History, and polling where a stream is not possible',
    description:
      'Events in the order of the log. `next` goes on in the same direction: as `after` when `after` was given, else as `before`; null at the end.',
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
    const { severity, module, type } = query;
    const page = await this.reads.run(principal.id, () =>
      this.log.read({
        after: query.after,
        before: query.before,
        filter: EventFilter.of(principal.filter, { severity, module, type }),
        limit: query.limit,
        take: forward ? 'oldest' : 'newest',
      }),
    );
    const end = page.events.at(forward ? -1 : 0);
    const next = end && page.events.length === query.limit ? `"${end.position}"` : 'null';
    // Not inside the events: any name there may be an extension of their producer.
    const publishers = principal.scopes.has('audit:read')
      ? `,"publishers":${JSON.stringify(page.events.map(({ publisher }) => publisher))}`
      : '';
    // The events are JSON already: encoded once, when they were accepted.
    const events = page.events.map((event) => event.json).join(',');
    res.type('application/json').send(`{"events":[${events}]${publishers},"next":${next}}`);
  }
}
