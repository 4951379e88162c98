import { setTimeout as delay } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { Observable } from 'rxjs';
import { callerOf } from '../../auth/credentials.js';
import type { StreamAccess } from '../../auth/stream.guard.js';
import type { Environment } from '../../config/environment.js';
import type { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import type { Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';
import { drainStreams } from './drain.js';
import type { EventHub } from './event-hub.js';
import type { EventLog } from '../log/event-log.js';
import { StreamOpening } from './stream-opening.js';
import { whenHeadersAreOut } from './stream-headers.js';
import { controlFrame } from './sse-frame.js';
import type { EndReason, StreamMetrics } from './stream-metrics.js';
import type { StreamRequest } from './stream-request.js';
import type { StreamRegistry } from './stream-registry.js';
import { Stream } from './stream.js';
import type { SystemEvents } from '../announce/system-events.js';

/** A stream ends at a random 80 to 100 % of the greatest age, so that ends spread. */
const YOUNGEST_END = 0.8;
/** Silence after which TCP asks whether the client is still there (RFC 9293, section 3.8.4). */
const KEEP_ALIVE_PROBE_MS = 15_000;
/** Who asked for readiness in this time asks again soon, milliseconds. */
const ASKED_MS = 5_000;
/** Share of the drain window that it is given for that: 2 s of 10; the gateway asks every second. */
const NOTICE_SHARE = 0.2;
/** setTimeout holds 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Opens streams, keeps them alive, and ends them. */
export class StreamService {
  constructor(
    private readonly log: EventLog,
    private readonly hub: EventHub,
    private readonly registry: StreamRegistry,
    private readonly metrics: StreamMetrics,
    private readonly events: SystemEvents,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly config: Environment,
  ) {}

  /**
   * The life of one stream as an observable for Nest's `@Sse()`: subscribing
   * opens it, unsubscribing (the client left) or completing (we end it) closes
   * it. It never emits: Nest would number the messages by itself and break
   * resuming, so every frame is written by us.
   * @throws ProblemError draining, too_many_streams
   */
  open(req: Request, res: Response, access: StreamAccess, wish: StreamRequest): Observable<never> {
    this.registry.admit(access.principalId);
    const startedAt = this.clock.monotonic();
    return new Observable<never>((subscriber) => {
      const { address, userAgent } = callerOf(req);
      const filter = EventFilter.of(...access.filter.specs, wish.filter);
      const stream = new Stream(
        res,
        { access, filter, address, userAgent, openedAt: this.clock.now() },
        this.config.VX11_STREAM_BUFFER_BYTES,
      );
      this.registry.add(stream);
      req.socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
      const expiry = this.endInTime(stream, access);
      void stream.ended.then((reason) => {
        clearTimeout(expiry);
        this.metrics.ended(reason);
        this.events.streamClosed(stream, reason);
        // Nest has not sent the head yet: a frame now would begin an answer without one.
        if (res.headersSent) subscriber.complete();
        else subscriber.error(refusal(reason));
      });
      whenHeadersAreOut(res, () => {
        this.metrics.opened(access.credential, (this.clock.monotonic() - startedAt) / 1000);
        this.events.streamOpened(stream);
        void new StreamOpening(this.log, this.hub, this.metrics, this.config.VX11_SNAPSHOT_EVENTS)
          .run(stream, wish)
          .catch((err: unknown) => {
            this.logger.warn({ err, stream: stream.id }, 'a replay failed; the client will resume');
            stream.finish('unavailable');
          });
      });
      return () => stream.finish('client');
    });
  }

  /** Sends the heartbeats that are due; called once a second. */
  beat(): void {
    const frame = controlFrame('heartbeat', {
      timestamp: new Date(this.clock.now()).toISOString(),
    });
    for (const stream of this.registry.due()) stream.write(frame);
    this.hub.prune();
  }

  /**
   * Not ready at once; then no new streams, and the open ones end in waves, all
   * inside the drain window. Whoever sends traffic here by asking for readiness
   * gets the time to ask once more: until then a refusal, or a connection that
   * closes, would be a failed request of a client.
   */
  async drain(): Promise<void> {
    if (this.registry.leaving) return;
    this.registry.leaving = true;
    if (this.clock.monotonic() - this.registry.askedAt < ASKED_MS) {
      await delay(this.config.VX11_DRAIN_SECONDS * 1000 * NOTICE_SHARE);
    }
    this.registry.draining = true;
    await this.events.draining(this.registry.size);
    await drainStreams(this.registry.all(), this.config.VX11_DRAIN_SECONDS);
    this.events.drained();
  }

  private endInTime(stream: Stream, access: StreamAccess): NodeJS.Timeout {
    const age =
      this.config.VX11_STREAM_MAX_AGE * 1000 * (YOUNGEST_END + Math.random() * (1 - YOUNGEST_END));
    const right = (access.expiresAt ?? Infinity) - this.clock.now();
    return setTimeout(
      () => stream.goodbye(right < age ? 'expired' : 'max_age'),
      Math.min(Math.max(0, Math.min(age, right)), LONGEST_TIMER_MS),
    ).unref();
  }
}

/** For a stream whose end came while it was being opened. */
function refusal(reason: EndReason): ProblemError {
  return reason === 'draining'
    ? new ProblemError('draining', 'This instance is shutting down. Connect again.')
    : new ProblemError('invalid_token', 'The right to this stream has just ended.');
}
