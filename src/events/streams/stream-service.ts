import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Observable } from 'rxjs';
import { AuditTrail } from '../../audit/audit-trail.js';
import { callerOf } from '../../auth/credentials.js';
import type { StreamAccess } from '../../auth/stream.guard.js';
import { Environment } from '../../config/environment.js';
import { Clock } from '../../kernel/clock.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';
import { SystemEvents } from '../announce/system-events.js';
import type { EndReason } from '../end-reason.js';
import { EventMetrics } from '../event-metrics.js';
import { EventLog } from '../log/event-log.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { EventHub } from './event-hub.js';
import { controlFrame } from './sse-frame.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamOpening } from './stream-opening.js';
import { whenHeadersAreOut } from './stream-headers.js';
import type { StreamRequest } from './stream-request.js';
import { StreamRegistry } from './stream-registry.js';
import { Stream } from './stream.js';

/** A stream ends at a random age of 80 to 100 % of the maximum, so that streams do not all end at once. */
const YOUNGEST_END = 0.8;
/** Idle milliseconds after which TCP probes whether the client is still connected (RFC 9293, section 3.8.4). */
const KEEP_ALIVE_PROBE_MS = 15_000;
/** setTimeout takes a delay of at most 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Opens streams and keeps them alive. */
@Injectable()
export class StreamService {
  constructor(
    private readonly log: EventLog,
    private readonly reads: PrincipalReads,
    private readonly hub: EventHub,
    private readonly admission: StreamAdmission,
    private readonly registry: StreamRegistry,
    private readonly metrics: EventMetrics,
    private readonly events: SystemEvents,
    private readonly audit: AuditTrail,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly config: Environment,
  ) {}

  /**
   * One stream as an observable for Nest's `@Sse()`. Subscribing opens the stream. It
   * closes when Nest unsubscribes (the client left) or when the observable completes
   * (the server ends it). The observable never emits: Nest would give each message an
   * id of its own and break resuming, so `Stream` writes every frame itself.
   * @throws ProblemError draining, too_many_streams, too_many_filters
   */
  open(req: Request, res: Response, access: StreamAccess, wish: StreamRequest): Observable<never> {
    const filter = EventFilter.of(...access.filter.specs, wish.filter);
    this.admission.admit(access.principalId, filter, req.ip ?? '');
    const startedAt = this.clock.monotonic();
    return new Observable<never>((subscriber) => {
      const { address, userAgent, correlationId } = callerOf(req);
      const openedAt = this.clock.now();
      const stream = new Stream(
        res,
        { access, filter, address, userAgent, openedAt },
        this.config.VX11_STREAM_BUFFER_BYTES,
      );
      const { principalId, credential } = access;
      const facts = { streamId: stream.id, principalId, credential };
      this.registry.add(stream);
      req.socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
      const expiry = this.endInTime(stream, access);
      const place = { actor: principalId, subject: stream.id, address, correlationId };
      void stream.ended.then((reason) => {
        clearTimeout(expiry);
        this.metrics.ended(reason);
        const seconds = Math.round((this.clock.now() - openedAt) / 1000);
        void this.audit.record({ action: 'stream.closed', ...place, reason, detail: { seconds } });
        this.events.streamClosed({
          ...facts,
          reason,
          seconds: (this.clock.now() - openedAt) / 1000,
        });
        // Before Nest has sent the response head, the request can still be refused with a problem.
        if (res.headersSent) subscriber.complete();
        else subscriber.error(refusal(reason));
      });
      whenHeadersAreOut(res, () => {
        this.metrics.opened(access.credential, (this.clock.monotonic() - startedAt) / 1000);
        const opened = this.audit.record({
          action: 'stream.opened',
          ...place,
          detail: { credential, filter: JSON.stringify(filter.specs) },
        });
        const opening = new StreamOpening(
          this.log,
          this.reads,
          this.hub,
          this.metrics,
          this.config.VX11_SNAPSHOT_EVENTS,
        );
        // No event before the entry is kept: the trail knows everybody who has seen one.
        opened
          .then(() => {
            this.events.streamOpened(facts);
            return opening.run(stream, wish);
          })
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

/** The problem for a stream that ended while it was being opened. */
function refusal(reason: EndReason): ProblemError {
  return reason === 'draining'
    ? new ProblemError('draining', 'This instance is shutting down. Connect again.')
    : new ProblemError('invalid_token', 'The right to this stream has just ended.');
}
