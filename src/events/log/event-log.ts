import { NEVER, type Observable } from 'rxjs';
import type { EventFilter } from '../../kernel/event-filter.js';
import type { LoggedEvent, NewEvent } from '../event.js';
import type { Position } from '../position.js';
import type { Buckets, Counts } from './event-counts.js';
import type { BlockTest } from './text-blocks.js';

/** How long the same (`publisher`, `source`, `id`) is taken only once, milliseconds. */
export const DEDUPLICATION_MS = 10 * 60_000;

/** Most events that one read returns, whatever its limit. */
export const READ_LIMIT = 10_000;

export interface Appended {
  /** One for each event of the append, in order; `undefined` for a duplicate. */
  readonly positions: readonly (Position | undefined)[];
  readonly duplicates: number;
}

export interface ReadQuery {
  /** Only events after this position. */
  readonly after?: Position | undefined;
  /** Only events before this position. */
  readonly before?: Position | undefined;
  readonly filter?: EventFilter | undefined;
  /**
   * Events that cannot hold what it looks for may be left out, as if they did not match; others
   * without it may be returned.
   */
  readonly search?: BlockTest | undefined;
  /** Greatest number of events returned, up to `READ_LIMIT`. */
  readonly limit: number;
  /** Which end to take events from when more match than `limit`. Default: `oldest`. */
  readonly take?: 'oldest' | 'newest';
  /** Whether the caller no longer needs the answer; a long read then stops. */
  readonly abandoned?: (() => boolean) | undefined;
}

export interface CountQuery {
  /** Only events after this position. */
  readonly after?: Position | undefined;
  /** Only events before this position. */
  readonly before?: Position | undefined;
  readonly filter?: EventFilter | undefined;
  readonly buckets?: Buckets | undefined;
  /** Whether the caller no longer needs the answer; a long count then stops. */
  readonly abandoned?: (() => boolean) | undefined;
}

export interface Page {
  /**
   * Oldest first, whichever end they were taken from. Fewer than `limit` only when nothing
   * more matches.
   */
  readonly events: readonly LoggedEvent[];
  /**
   * The read has covered everything up to this position, matching or not: use it as `after`
   * of the next page. For `newest`, it has covered everything from this position on: use it
   * as `before`. Events that were trimmed during the read are not covered. Compare
   * `Bounds.trimmedThrough` after the read with `after`: if it is greater, events are missing.
   */
  readonly through: Position;
}

/** The positions between two, both exclusive. */
export interface Break {
  readonly after: Position;
  readonly until: Position;
}

export interface Bounds {
  /**
   * Events up to this position are gone, or may be missing: the newest one that was trimmed
   * or, on Redis, lost in a failover. ORIGIN when there is none.
   */
  readonly trimmedThrough: Position;
  /**
   * Where this log gave out no position, as far as it knows: before it began, or while it was
   * closed. A reader that knows such a position has read another log, which was lost, moved away
   * or replaced with an older copy of itself.
   */
  readonly breaks: readonly Break[];
  /** The oldest event still held. */
  readonly oldest: Position | undefined;
  /** Position of the newest event ever accepted; ORIGIN when there is none. */
  readonly newest: Position;
  /** Events held. */
  readonly length: number;
}

/**
 * The ordered, bounded record of every accepted event. Instances deliver only what they
 * read from it.
 *
 * - **Order**: positions strictly grow in the order of acceptance, also over restarts and
 *   when the wall clock goes back.
 * - **Atomicity**: `append` keeps all of its events or none. A repeated
 *   (`publisher`, `source`, `id`) inside ten minutes is not an error: it is left out.
 * - **Length**: an append trims the oldest events above the configured length, but none of
 *   its own. So the log is longer while its last append, or commit of several appends, is.
 * - **Durability**: when `append` resolves, the events survive the death of the
 *   process (not for the memory adapter, which is for tests).
 * - **Delivery**: from `open` on, `tail` emits every event once, in order, in batches, and
 *   only after it is durable.
 * - **Failure**: `append` rejects with `event_log_unavailable`, and none of its events was
 *   kept. On Redis some may have been kept; the message then says so.
 */
export abstract class EventLog {
  abstract readonly tail: Observable<readonly LoggedEvent[]>;

  /**
   * Emits when events that were accepted will never be on the tail, because they were gone
   * before this instance read them. They may be missing up to the emitted position. The log
   * of a single process loses none.
   */
  readonly gaps: Observable<Position> = NEVER;

  /** Position of the newest event behind the tail: the next one that it emits is after it. */
  abstract readonly position: Position;

  /** Prepares for appends and reads. Positions continue after the last one kept. */
  abstract open(): Promise<void>;

  /** @throws ProblemError event_log_unavailable */
  abstract append(events: readonly NewEvent[]): Promise<Appended>;

  /** @throws ProblemError event_log_unavailable */
  abstract read(query: ReadQuery): Promise<Page>;

  /**
   * Counts the events of a range that match a filter, without reading their JSON. The count
   * is exact for the events held when it ends.
   * @throws ProblemError event_log_unavailable
   */
  abstract count(query: CountQuery): Promise<Counts>;

  /**
   * @param reaching a position that a client names. If the log has it, `newest` is not before
   *   it, even when this instance has not read that far.
   * @throws ProblemError event_log_unavailable
   */
  abstract bounds(reaching?: Position): Promise<Bounds>;

  /**
   * Whether an append would be kept now; the health of the instance depends on it. A log
   * that can be read but not written fails here.
   * @throws ProblemError event_log_full when it has no space left, event_log_unavailable
   */
  async check(): Promise<void> {
    await this.bounds();
  }

  /** Finishes pending appends, then releases all resources. */
  abstract close(): Promise<void>;
}
