import { NEVER, type Observable } from 'rxjs';
import type { EventFilter } from '../../kernel/event-filter.js';
import type { LoggedEvent, NewEvent } from '../event.js';
import type { Position } from '../position.js';

/** How long the same (`publisher`, `source`, `id`) is taken only once, milliseconds. */
export const DEDUPLICATION_MS = 10 * 60_000;

/** The most events that one read returns, whatever limit it names. */
export const READ_LIMIT = 10_000;

export interface Appended {
  /** One for each event given, in their order; a duplicate has none. */
  readonly positions: readonly (Position | undefined)[];
  readonly duplicates: number;
}

export interface ReadQuery {
  /** Only events after this position. */
  readonly after?: Position | undefined;
  /** Only events before this position. */
  readonly before?: Position | undefined;
  readonly filter?: EventFilter | undefined;
  /** Greatest number of events returned, up to `READ_LIMIT`. */
  readonly limit: number;
  /** `oldest` takes from the old end (default), `newest` from the new one. */
  readonly take?: 'oldest' | 'newest';
  /** Whether nobody wants the answer any more; a read that takes long may then stop where it is. */
  readonly abandoned?: () => boolean;
}

export interface Page {
  /**
   * In the order of the log, whatever end they were taken from. Fewer than
   * `limit` only when nothing more matches.
   */
  readonly events: readonly LoggedEvent[];
  /**
   * The read has covered everything up to here, matching or not: where to go
   * on with `after`. For `newest`: everything from here on, to go on with `before`.
   * What the log has trimmed away meanwhile is not covered: `Bounds.floor` beyond
   * `after` once the read is done tells that something is missing.
   */
  readonly through: Position;
}

export interface Bounds {
  /** The greatest position that the log once held and no longer does; ORIGIN when none. */
  readonly floor: Position;
  /** The oldest event still held. */
  readonly oldest: Position | undefined;
  /** The greatest position ever given; ORIGIN when none. */
  readonly newest: Position;
  /** Events held. */
  readonly length: number;
}

/**
 * The ordered, bounded record of every accepted event, and the only bus: what
 * an instance delivers it has read from here.
 *
 * - **Order**: positions grow strictly, in the order of acceptance, over
 *   restarts and a wall clock that goes back.
 * - **Atomicity**: `append` takes all of its events or none. A repeated
 *   (`publisher`, `source`, `id`) inside ten minutes is not an error: it is left out.
 * - **Durability**: when `append` resolves, the events survive the death of the
 *   process (not for the memory adapter, which is for tests).
 * - **Delivery**: `tail` emits every event once, in order, in batches, and only
 *   after it is durable; from the moment of `open` on.
 * - **Failure**: rejects with the problem `event_log_unavailable`; nothing of
 *   that batch was taken.
 */
export abstract class EventLog {
  abstract readonly tail: Observable<readonly LoggedEvent[]>;

  /**
   * Emits when events are missing from the tail: accepted, and gone before they
   * were read. Up to the position that it emits, some may be. A log of one process
   * loses none.
   */
  readonly gaps: Observable<Position> = NEVER;

  /** Ready to append and read; the positions go on from the last one kept. */
  abstract open(): Promise<void>;

  /** @throws ProblemError event_log_unavailable */
  abstract append(events: readonly NewEvent[]): Promise<Appended>;

  /** @throws ProblemError event_log_unavailable */
  abstract read(query: ReadQuery): Promise<Page>;

  /**
   * @param reaching a position that somebody has seen: `newest` is not before it
   *   if it was given at all, even if this instance has not come so far
   * @throws ProblemError event_log_unavailable
   */
  abstract bounds(reaching?: Position): Promise<Bounds>;

  /** Everything that `append` has resolved for is kept; then the resources go. */
  abstract close(): Promise<void>;
}
