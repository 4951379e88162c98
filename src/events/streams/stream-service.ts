import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Socket } from 'node:net';
import { AuditTrail } from '../../audit/audit-trail.js';
import { callerOf } from '../../auth/credentials.js';
import type { StreamAccess } from '../../auth/stream.guard.js';
import { Environment } from '../../config/environment.js';
import { releaseHead, releaseRequest, sendHead } from '../../http/open-response.js';
import { Clock, LONGEST_TIMER_MS } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { redactJson } from '../../kernel/redaction.js';
import { SystemEvents } from '../announce/system-events.js';
import type { GoodbyeReason } from '../end-reason.js';
import { EventMetrics } from '../event-metrics.js';
import { EventLog } from '../log/event-log.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { EventHub } from './event-hub.js';
import { controlFrame } from './sse-frame.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamOpening } from './stream-opening.js';
import type { StreamRequest } from './stream-request.js';
import { StreamRegistry } from './stream-registry.js';
import { Stream } from './stream.js';

/** A stream ends at a random age of 80 to 100 % of the maximum, so that streams do not all end at once. */
const YOUNGEST_END = 0.8;
/** Ages in whole seconds share Node's timer lists; each different age would be a list of its own. */
const AGE_STEP_MS = 1000;

const HEAD = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-store, no-transform',
  'X-Accel-Buffering': 'no',
  'Referrer-Policy': 'no-referrer',
};

/** What the audit entries of a stream have in common. */
interface Place {
  readonly actor: string;
  readonly subject: string;
  readonly address: string;
  readonly correlationId: string;
}

/** Opens streams and keeps them alive. */
@Injectable()
export class StreamService {
  private readonly opening: StreamOpening;

  constructor(
    log: EventLog,
    reads: PrincipalReads,
    private readonly hub: EventHub,
    private readonly admission: StreamAdmission,
    private readonly registry: StreamRegistry,
    private readonly metrics: EventMetrics,
    private readonly events: SystemEvents,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly config: Environment,
  ) {
    this.opening = new StreamOpening(log, reads, hub, metrics, config.VX11_SNAPSHOT_EVENTS, clock);
  }

  /**
   * Opens a stream on the response, which it owns from then on: `Stream` writes every
   * frame, and ends the response. Does nothing when the client has already left.
   * @throws ProblemError draining, too_many_streams, too_many_filters
   */
  open(req: Request, res: Response, access: StreamAccess, wish: StreamRequest): void {
    const { socket } = req;
    if (socket.destroyed) return;
    const filter = EventFilter.of(...access.filter.specs, wish.filter);
    this.admission.admit(access.principalId, filter, req.ip ?? '');
    const startedAt = this.clock.monotonic();
    const openedAt = this.clock.now();
    const { address, userAgent, correlationId } = callerOf(req);
    const stream = new Stream(
      res,
      { access, filter, shownFilter: shownSpecs(filter), address, userAgent, openedAt },
      this.config.VX11_STREAM_BUFFER_BYTES,
    );
    this.registry.add(stream);
    const place = { actor: access.principalId, subject: stream.id, address, correlationId };
    this.follow(stream, socket, place);
    res.writeHead(200, HEAD);
    releaseRequest(req, res);
    this.metrics.opened(access.credential);
    void this.begin(stream, wish, res, place, startedAt);
    this.registry.catchUp(stream, access.since);
  }

  /** Answers as `open` would, without a stream. */
  head(res: Response): void {
    res.writeHead(200, HEAD).end();
  }

  /** Ends the stream with its connection or at its age, and reports its end. */
  private follow(stream: Stream, socket: Socket, place: Place): void {
    const { access, openedAt } = stream.info;
    // The response of a pipelined request has no socket yet, so watch the connection.
    const left = () => stream.finish('client');
    socket.once('close', left);
    const expiry = this.endInTime(stream, access);
    stream.onEnd((_, reason) => {
      clearTimeout(expiry);
      socket.off('close', left);
      this.metrics.ended(reason);
      const seconds = (this.clock.now() - openedAt) / 1000;
      const detail = { seconds: Math.round(seconds) };
      void this.audit.record({ action: 'stream.closed', ...place, reason, detail });
      this.events.streamClosed({ ...factsOf(stream), reason, seconds });
    });
  }

  /** Writes the beginning, once the trail has the opening: it knows everybody who has seen an event. */
  private async begin(
    stream: Stream,
    wish: StreamRequest,
    res: Response,
    place: Place,
    startedAt: number,
  ): Promise<void> {
    const { access, filter } = stream.info;
    try {
      await this.audit.record({
        action: 'stream.opened',
        ...place,
        detail: { credential: access.credential, filter: filter.key },
      });
      this.events.streamOpened(factsOf(stream));
      // The head is sent with the first frame, in one write; without it at the end of this turn.
      setImmediate(completeHead, res);
      await this.opening.run(stream, wish, () =>
        this.metrics.begun((this.clock.monotonic() - startedAt) / 1000),
      );
    } catch (err) {
      this.logger.warn({ err, stream: stream.id }, 'a replay failed; the client will resume');
      stream.finish('unavailable');
    }
  }

  /** Sends the heartbeats that are due; called once a second. */
  beat(): void {
    const frame = controlFrame('heartbeat', {
      timestamp: new Date(this.clock.now()).toISOString(),
    });
    for (const stream of this.registry.due()) stream.beat(frame);
    this.hub.prune();
    this.opening.sweep();
  }

  private endInTime(stream: Stream, access: StreamAccess): NodeJS.Timeout {
    const most = this.config.VX11_STREAM_MAX_AGE * 1000;
    const random = most * (YOUNGEST_END + Math.random() * (1 - YOUNGEST_END));
    const age = Math.min(most, Math.ceil(random / AGE_STEP_MS) * AGE_STEP_MS);
    const right = (access.expiresAt ?? Infinity) - this.clock.now();
    return setTimeout(
      sayGoodbye,
      Math.min(Math.max(0, Math.min(age, right)), LONGEST_TIMER_MS),
      stream,
      right < age ? 'expired' : 'max_age',
    ).unref();
  }
}

function sayGoodbye(stream: Stream, reason: GoodbyeReason): void {
  stream.goodbye(reason);
}

function factsOf({ id: streamId, info: { access } }: Stream) {
  return { streamId, principalId: access.principalId, credential: access.credential };
}

function completeHead(res: Response): void {
  sendHead(res);
  releaseHead(res);
}

/**
 * A client may have put a credential into its filter by mistake. It is masked here, and not
 * for each list of a thousand streams: a filter of 4 KiB takes half a millisecond.
 */
function shownSpecs({ key, specs }: EventFilter): unknown {
  const masked = redactJson(key);
  return masked === key ? specs : JSON.parse(masked);
}
