import type { StreamEntry } from '../../../redis/stream-entry.js';
import type { LoggedEvent } from '../../event.js';
import { comparePositions, justBefore, later, ORIGIN, type Position } from '../../position.js';
import type { Bounds, Break } from '../event-log.js';
import { decodeEntry, type EntryBounds } from './entry.js';

/** The state of the log as `read-state.lua` returned it. */
export interface LogState extends EntryBounds {
  /** Position of the newest event; ORIGIN when there was never one. */
  readonly last: Position;
  /** Number of the newest event. Events are numbered 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** Accepted events may be missing up to this position. */
  readonly lost: Position;
  readonly began: Position;
  /** Since it began. */
  readonly breaks: readonly Break[];
  /**
   * Set when the log does not have the last entry any more that this instance has read: the one
   * before its place.
   */
  readonly before?: { readonly position: Position; readonly number: number } | undefined;
}

/**
 * Why events are missing.
 * - `trimmed`: the log trimmed them before this instance read them. Only this instance
 *   missed them.
 * - `lost`: Redis lost the end of the log in a failover. Every instance must learn of it.
 */
export type Missing = 'trimmed' | 'lost';

/** The entries of one read, decoded. */
export interface TakenEntries {
  readonly events: readonly LoggedEvent[];
  readonly missing: Missing | undefined;
  /** When events are missing: they may be missing up to this position. */
  readonly missingThrough: Position;
}

const EMPTY: LogState = {
  last: ORIGIN,
  seq: 0,
  floor: ORIGIN,
  nfloor: 0,
  oldest: undefined,
  lost: ORIGIN,
  began: ORIGIN,
  breaks: [],
};

/**
 * How far this instance has read the log, and whether it has read all of it.
 *
 * The numbers of the entries show what is missing. A number that skips some means that
 * entries were trimmed before they were read. A number that was read before means that
 * Redis lost the end of the log. So does an entry after the position of an event that
 * this instance appended and has not read.
 */
export class LogTail {
  /** Position of the last entry read. */
  position: Position = ORIGIN;
  /** Number of the last entry read. */
  number = 0;
  private state: LogState = EMPTY;
  /** Positions of events that this instance appended and has not read yet. */
  private readonly expected = new Set<Position>();
  private greatest: Position = ORIGIN;
  private waiting: (() => void)[] = [];

  /** The greatest position that this instance has read or been given for an append. */
  get known(): Position {
    return this.greatest;
  }

  begin(state: LogState): void {
    this.state = state;
    this.position = state.last;
    this.number = state.seq;
    this.greatest = later(this.greatest, state.last);
  }

  /** Positions of events that this instance has appended. */
  expect(positions: readonly (Position | undefined)[]): void {
    for (const position of positions) {
      if (position === undefined) continue;
      this.greatest = later(this.greatest, position);
      if (comparePositions(position, this.position) > 0) this.expected.add(position);
    }
  }

  /** New entries, in order. */
  take(entries: readonly StreamEntry[]): TakenEntries {
    const events: LoggedEvent[] = [];
    let missing: Missing | undefined;
    let missingThrough: Position = ORIGIN;
    for (const entry of entries) {
      const { event, number, bounds } = decodeEntry(entry);
      // An entry without a number is none of ours: the next one continues the numbers.
      if (number !== undefined && number !== this.number + 1) {
        missing = number > this.number ? 'trimmed' : 'lost';
        missingThrough = justBefore(event.position);
        // Events that this instance appended are trimmed like any other.
        if (missing === 'trimmed') this.stopExpecting(missingThrough);
      }
      this.expected.delete(event.position);
      this.position = event.position;
      this.number = number ?? this.number;
      this.state = { ...this.state, ...bounds };
      events.push(event);
    }
    this.greatest = later(this.greatest, this.position);
    if (this.stopExpecting(this.position)) missing = 'lost';
    this.wake();
    return { events, missing, missingThrough };
  }

  /**
   * Compares what was read with a state of the log.
   * @param number that was read last when the state was requested. Entries that arrive
   *   before the answer are newer than the state, and prove no loss.
   * @returns whether Redis lost entries that this instance has read
   */
  hasLost({ before }: LogState, number: number): boolean {
    if (before === undefined) return false;
    // New entries continue from what is left.
    if (this.number === number) ({ position: this.position, number: this.number } = before);
    return true;
  }

  /** Takes over what the log has trimmed. While entries are on their way, the next one says so. */
  trim({ seq, floor, nfloor, oldest }: LogState): void {
    if (seq !== this.number || comparePositions(floor, this.state.floor) <= 0) return;
    this.state = { ...this.state, floor, nfloor, oldest };
  }

  /** Records up to which position events may be missing. Returns false when that was known. */
  setLost(lost: Position): boolean {
    if (comparePositions(lost, this.state.lost) <= 0) return false;
    this.state = { ...this.state, lost };
    this.stopExpecting(lost);
    this.wake();
    return true;
  }

  /** Whether this instance has read all events that it appended. */
  get isComplete(): boolean {
    return this.expected.size === 0;
  }

  /** Resolves when entries have been read, or when none will come: look again. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves the promises of `changed`. */
  wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Position of the newest event that was trimmed, as far as this instance knows. */
  get trimmedThrough(): Position {
    return this.state.floor;
  }

  get bounds(): Bounds {
    return boundsOf({ ...this.state, last: this.position, seq: this.number });
  }

  /** Stops expecting events up to a position; returns whether there were any. */
  private stopExpecting(through: Position): boolean {
    let found = false;
    for (const position of this.expected) {
      if (comparePositions(position, through) > 0) continue;
      this.expected.delete(position);
      found = true;
    }
    return found;
  }
}

export function boundsOf({ last, seq, floor, nfloor, oldest, lost, ...state }: LogState): Bounds {
  const trimmedThrough = later(floor, lost);
  const breaks = [{ after: ORIGIN, until: state.began }, ...state.breaks];
  return { trimmedThrough, breaks, oldest, newest: last, length: seq - nfloor };
}
