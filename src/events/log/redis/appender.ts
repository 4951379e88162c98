import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../kernel/clock.js';
import { ProblemError } from '../../../kernel/problem.js';
import { backoff } from '../../../redis/backoff.js';
import type { RedisArgument, RedisClient } from '../../../redis/client.js';
import { RedisUnavailable } from '../../../redis/unavailable.js';
import type { NewEvent } from '../../event.js';
import type { Position } from '../../position.js';
import { DEDUPLICATION_MS, type Appended } from '../event-log.js';
import { eventKey } from '../recent-ids.js';
import { encodeEvent } from './entry.js';
import { APPEND } from './scripts.js';

/** How long an append whose answer was lost is repeated, in command timeouts. */
const PATIENCE = 3;
/**
 * The same for events that all have ids of their publishers, which may be sent again through
 * another instance: the way to Redis may be lost on this one only.
 */
const SHORT_PATIENCE = 2;
/** How long an event with an id of our own is remembered: for repeats of its append, milliseconds. */
const OWN_MS = 60_000;

/**
 * Appends to the log in Redis. Each append is carried out once or not at all.
 *
 * When an answer is lost, the append may or may not have been carried out. So each append
 * has an id, and is sent again until an answer arrives: Redis answers a repeat with the
 * positions of the first time. Each append also has a deadline on Redis's clock, so that a
 * copy that was delayed in the network does nothing after the deadline.
 *
 * One case remains: the append was carried out, its answer was lost, and no repeat was
 * answered before the deadline. Then the append is refused although its events are kept.
 * The error says that this is possible; the publisher can safely send the same ids again.
 */
export class RedisAppender {
  private readonly log: string;
  private readonly meta: string;
  /** Redis's clock minus our monotonic clock, milliseconds; too small by the time of an answer. */
  private offset: number | undefined;

  constructor(
    private readonly redis: RedisClient,
    private readonly options: { length: number; maxAgeMs: number; replicas: number },
    private readonly clock: Clock,
  ) {
    this.log = redis.key('events', 'log');
    this.meta = redis.key('events', 'meta');
  }

  /** @param ms Redis's time in an answer that has just arrived, epoch milliseconds */
  setTime(ms: number): void {
    this.offset = ms - this.clock.monotonic();
  }

  /**
   * @param known the greatest position that this instance knows
   * @throws ProblemError event_log_unavailable
   */
  async append(events: readonly NewEvent[], known: Position): Promise<Appended> {
    const id = randomBytes(9).toString('base64url');
    const keys = [this.log, this.meta, ...events.map((event, n) => this.seenKey(event, id, n))];
    const isRepeatable = events.every(({ deduplicate }) => deduplicate);
    const patience = isRepeatable ? SHORT_PATIENCE : PATIENCE;
    const deadline = this.clock.monotonic() + patience * this.redis.timeoutMs;
    let uncertain = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const args = [id, known, this.onRedis(deadline), ...this.eventArguments(events)];
        const positions = await this.send(keys, args);
        if (positions) return appended(positions);
        // Too late by Redis's clock, so nothing was done. Our offset was wrong, and is right now.
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error;
        uncertain ||= error.uncertain;
        if (!uncertain) throw refused(error);
        if (this.clock.monotonic() >= deadline) throw inDoubt(isRepeatable, error);
      }
      if (this.clock.monotonic() >= deadline) {
        throw uncertain ? inDoubt(isRepeatable) : refused();
      }
      await delay(backoff(attempt), undefined, { ref: false });
    }
  }

  /** The position of each event; `undefined` when the deadline had passed on Redis's clock. */
  private async send(
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<readonly string[] | undefined> {
    const { replicas } = this.options;
    const [time, outcome, ...positions] = (await (replicas > 0
      ? this.redis.runReplicated(APPEND, keys, args, replicas)
      : this.redis.run(APPEND, keys, args))) as [number, 'done' | 'late', ...string[]];
    this.setTime(time);
    return outcome === 'late' ? undefined : positions;
  }

  /** A time on Redis's clock; 0, for no deadline, while its offset is unknown. */
  private onRedis(monotonic: number): number {
    return this.offset === undefined ? 0 : Math.ceil(this.offset + monotonic);
  }

  private eventArguments(events: readonly NewEvent[]): RedisArgument[] {
    const { length, maxAgeMs } = this.options;
    return [
      length,
      maxAgeMs,
      ...events.flatMap((event) => [
        event.deduplicate ? DEDUPLICATION_MS : OWN_MS,
        ...encodeEvent(event),
      ]),
    ];
  }

  private seenKey(event: NewEvent, id: string, index: number): string {
    const name = event.deduplicate ? eventKey(event).toString('base64url') : `${id}.${index}`;
    return this.redis.key('events', 'seen', name);
  }
}

/** @param answer a position for each event; '' for a duplicate */
function appended(answer: readonly string[]): Appended {
  const positions = answer.map((position) => (position === '' ? undefined : position));
  return {
    positions,
    duplicates: positions.filter((position) => position === undefined).length,
  };
}

function refused(cause?: unknown): ProblemError {
  return new ProblemError(
    'event_log_unavailable',
    'The event log is unavailable. No event was kept. Send the request again after the time in Retry-After.',
    { cause },
  );
}

/** @param isRepeatable whether every event has an id of its publisher */
function inDoubt(isRepeatable: boolean, cause?: unknown): ProblemError {
  return new ProblemError(
    'event_log_unavailable',
    `The event log did not answer in time, so the events may or may not be kept. ${
      isRepeatable
        ? 'Send the same ids again: each event is kept once.'
        : 'Look for them before you send them again: what has no id of yours, such as a note, would be kept twice.'
    }`,
    { cause },
  );
}
