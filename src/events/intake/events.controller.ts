import { Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import { ApiProblems } from '../../http/api-problems.js';
import { checked, readBytes } from '../../http/body.js';
import { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { EventIntake, type Accepted } from './event-intake.js';
import { EventLog } from '../log/event-log.js';
import { readEvents } from './forms.js';
import { MAX_BATCH_BYTES } from './limits.js';
import { HistoryQuery } from '../query.js';
import { mustNotBeReserved } from './rights.js';

const CLOUD_EVENT_SCHEMA = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { type: 'string', const: '1.0' },
    id: { type: 'string' },
    source: { type: 'string', format: 'uri-reference' },
    type: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    severity: { type: 'string', enum: ['info', 'warn', 'error', 'critical'] },
    module: { type: 'string' },
    data: {},
  },
} as const;

const STRUCTURED = {
  specversion: '1.0',
  id: 'order-7',
  source: '/shop/checkout',
  type: 'shop.order.stuck',
  severity: 'warn',
  data: { summary: 'Order 7 waits for its payment' },
};

const EXAMPLES = {
  structured: { summary: 'application/cloudevents+json', value: STRUCTURED },
  batch: { summary: 'application/cloudevents-batch+json', value: [STRUCTURED] },
  plain: {
    summary: 'application/json',
    value: { event_type: 'hello', module: 'demo', severity: 'info', summary: 'Hello' },
  },
  binary: {
    summary: 'any Content-Type, with the headers ce-specversion, ce-id, ce-source and ce-type',
    value: { summary: 'The body is the data' },
  },
};

@ApiTags('events')
@Controller('operator/api/events')
export class EventsController {
  constructor(
    private readonly intake: EventIntake,
    private readonly log: EventLog,
    private readonly clock: Clock,
  ) {}

  @ApiOperation({ summary: 'Publish CloudEvents: structured, batch, binary, or plain JSON' })
  @ApiConsumes(
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
    'application/json',
  )
  @ApiBody({ schema: CLOUD_EVENT_SCHEMA as never, required: true, examples: EXAMPLES })
  @ApiResponse({ status: 202, description: 'Kept: {"accepted","duplicates","ids"}' })
  @ApiProblems(
    'invalid_event',
    'auth_required',
    'invalid_token',
    'insufficient_scope',
    'too_large',
    'unsupported_media_type',
    'event_log_unavailable',
  )
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
  @ApiOkResponse({ description: '{"events":[…],"next":…}' })
  @RequireScope('events:read')
  @Header('Cache-Control', 'no-store')
  @Get()
  async history(@Req() req: Request, @Res() res: Response): Promise<void> {
    const query = await checked(HistoryQuery, { ...req.query }, 'invalid_query');
    const principal = req.principal as Principal;
    const forward = query.after !== undefined;
    const { severity, module, type } = query;
    const page = await this.log.read({
      after: query.after,
      before: query.before,
      filter: EventFilter.of(principal.filter, { severity, module, type }),
      limit: query.limit,
      take: forward ? 'oldest' : 'newest',
    });
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
