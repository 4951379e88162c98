import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiHeader,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { StreamCredential } from '../../auth/access.js';
import { Environment } from '../../config/environment.js';
import { ApiProblems } from '../../http/api-problems.js';
import { ProblemError } from '../../kernel/problem.js';
import { POSITION } from '../position.js';
import { specOf, StreamQuery } from '../query.js';
import { StreamQueries } from './stream-queries.js';
import { AcceptsStreamGuard } from './accepts-stream.guard.js';
import { RoomGuard } from './room.guard.js';
import { StreamService } from './stream-service.js';

/** When a principal token in the URL was declared deprecated (RFC 9745). */
const DEPRECATED_SINCE = '@1767225600';

/** One event of the stream, as a parser of Server-Sent Events delivers it. */
const SSE_EVENT = {
  type: 'object',
  properties: {
    id: { type: 'string', pattern: POSITION.source },
    event: { enum: ['message', 'snapshot', 'recovered', 'gap', 'heartbeat', 'goodbye'] },
    data: { type: 'string', contentMediaType: 'application/json' },
    retry: { type: 'integer', minimum: 0 },
  },
};

@ApiTags('events')
// Guards of a class run before those of its methods.
@UseGuards(RoomGuard, AcceptsStreamGuard)
@Controller('operator/api/events/stream')
export class StreamController {
  private readonly queries = new StreamQueries();

  constructor(
    private readonly streams: StreamService,
    private readonly config: Environment,
  ) {}

  @ApiOperation({
    summary: 'The live stream',
    description:
      'Server-Sent Events. First `event: snapshot`, or the missed events and `event: recovered`, or `event: gap`; then live. `retry:` is in the first block. ' +
      'Events are unnamed messages: `id:` is the position, `data:` one CloudEvent in JSON. Named: snapshot, recovered, gap, heartbeat (every 15 s), goodbye.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Resume after this position',
    schema: { type: 'string' },
  })
  @ApiQuery({ type: StreamQuery })
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'The stream',
    content: { 'text/event-stream': { schema: SSE_EVENT as never } },
  })
  @ApiProblems(
    'invalid_query',
    'not_acceptable',
    'too_many_streams',
    'too_many_filters',
    'draining',
    'event_log_unavailable',
  )
  @StreamCredential()
  @Get()
  async stream(@Req() req: Request, @Res() res: Response): Promise<void> {
    const access = req.streamAccess;
    if (!access)
      throw new ProblemError('auth_required', 'Open the stream with ?token=<ephemeral token>.');
    const query = await this.queries.read(req.query);
    if (access.deprecated) {
      res.setHeader('Deprecation', DEPRECATED_SINCE);
      res.setHeader('Link', `<${this.config.VX11_PUBLIC_PATH}/docs>; rel="deprecation"`);
    }
    if (req.method === 'HEAD') {
      this.streams.head(res);
      return;
    }
    this.streams.open(req, res, access, {
      filter: specOf(query),
      lastEventId: header(req, 'last-event-id') ?? (query.lastEventId || undefined),
      follow: query.follow !== 'false',
    });
  }
}

function header(req: Request, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
