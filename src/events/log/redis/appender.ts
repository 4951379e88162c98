import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../kernel/clock.js';
import { ProblemError } from '../../../kernel/problem.js';
import { backoff } from '../../../redis/backoff.js';
import type { RedisArgument, RedisClient } from '../../../redis/client.js';
import { RedisUnavailable } from '../../../redis/unavailable.js';
import { DEDUPLICATION_MS, type Appended } from '../event-log.js';
import { APPEND } from './scripts.js';
import type { NewEvent } from '../../event.js';
import type { Position } from '../../position.js';
import { eventKey } from '../recent-ids.js';

/** How long an append that may have been done is asked for again, in command timeouts. */
const PATIENCE = 3;
/** How long an event that cannot repeat is remembered: only for its own append, milliseconds. */
const OWN_MS = 60_000;

/**
 * Appends to the log in Redis, each call done once or not at all.
 *
 * An answer that got lost leaves it open whether the call was done. So the call
 * carries an id, and is sent again until an answer comes: what was done already
 * says the same again. It also carries the time at which this ends, on Redis's
 * clock, so that a copy that was held up on the way does nothing afterwards.
 * Only a call that was done, whose answer got lost, and that nothing was heard
 * of until the end is refused although it is kept; the refusal says that this is
 * possible, and its sender may repeat the same ids safely.
 */
export class RedisAppender {
  private readonly log: string;
  private readonly meta: string;
  /** Redis's clock less our monotonic one, milliseconds; at most the truth. */
  private offset: number | undefined;

  constructor(
    private readonly redis: RedisClient,
    private readonly options: { length: number; maxAgeMs: number; replicas: number },
    private readonly clock: Clock,
  ) {
    this.log = redis.key('events', 'log');
    this.meta = redis.key('events', 'meta');
  }

  /** An answer of Redis told its time. */
  sawTime(ms: number): void {
    this.offset = ms - this.clock.monotonic();
  }

  /** @throws ProblemError event_log_unavailable */
  async append(events: readonly NewEvent[], known: Position): Promise<Appended> {
    const id = randomBytes(9).toString('base64url');
    const keys = [this.log, this.meta, ...events.map((event, n) => this.seenKey(event, id, n))];
    const endsAt = this.clock.monotonic() + PATIENCE * this.redis.timeoutMs;
    let uncertain = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.send(keys, [
          id,
          known,
          this.onRedis(endsAt),
          ...this.tail(events),
        ]);
        if (answer) return appended(answer);
        // Redis's clock is not where we believed; now we know, and nothing was done.
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error;
        uncertain ||= error.uncertain;
        if (!uncertain || this.clock.monotonic() >= endsAt) throw unavailable(uncertain, error);
      }
      if (this.clock.monotonic() >= endsAt) throw unavailable(uncertain);
      await delay(backoff(attempt), undefined, { ref: false });
    }
  }

  /** The position of each event; `undefined`: it came too late, and nothing was done. */
  private async send(
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<readonly string[] | undefined> {
    const { replicas } = this.options;
    const [now, word, ...positions] = (await (replicas > 0
      ? this.redis.runReplicated(APPEND, keys, args, replicas)
      : this.redis.run(APPEND, keys, args))) as [number, string, ...string[]];
    this.sawTime(now);
    return word === 'late' ? undefined : positions;
  }

  private onRedis(monotonic: number): number {
    return this.offset === undefined ? 0 : Math.ceil(this.offset + monotonic);
  }

  private tail(events: readonly NewEvent[]): RedisArgument[] {
    const { length, maxAgeMs } = this.options;
    return [
      length,
      maxAgeMs,
      ...events.flatMap(({ deduplicate, severity, type, module, json, publisher }) => [
        deduplicate ? DEDUPLICATION_MS : OWN_MS,
        severity,
        type,
        module,
        json,
        publisher,
      ]),
    ];
  }

  private seenKey(event: NewEvent, id: string, index: number): string {
    const name = event.deduplicate ? eventKey(event).toString('base64url') : `${id}.${index}`;
    return this.redis.key('events', 'seen', name);
  }
}

function appended(answer: readonly string[]): Appended {
  const positions = answer.map((position) => (position === '' ? undefined : position));
  return {
    positions,
    duplicates: positions.filter((position) => position === undefined).length,
  };
}

function unavailable(uncertain: boolean, cause?: unknown): ProblemError {
  return new ProblemError(
    'event_log_unavailable',
    uncertain
      ? 'The event log did not answer in time, so it is not known whether the events were kept. Send the same ids again: they are taken once.'
      : 'The event log cannot do this now. Nothing was taken; try again as Retry-After says.',
    { cause },
  );
}
