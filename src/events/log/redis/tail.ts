import type { EventRing } from '../event-ring.js';
import type { Bounds } from '../event-log.js';
import { placeEvent, type LoggedEvent, type Severity } from '../../event.js';
import { comparePositions, justBefore, later, ORIGIN, type Position } from '../../position.js';

/** What the log said of itself at one moment. */
export interface LogState {
  readonly last: Position;
  /** Number of the last event; they count 1, 2, … without a gap. */
  readonly seq: number;
  readonly floor: Position;
  /** Number of the event at `floor`. */
  readonly nfloor: number;
  readonly oldest: Position | undefined;
  /** Up to here, events may be missing although they were accepted. */
  readonly lost: Position;
}

/** An entry of the log: n, b, s, t, m, e, p, each after its name. */
type Entry = readonly [position: string, fields: readonly string[]];

/**
 * What one instance has read from the end of a shared log: a ring of the newest
 * events, the bounds as of the last of them, and whether something is missing.
 *
 * Two things can be missing. The log was trimmed before it was read: the number
 * of the next entry is too great, and only this instance has a hole. Or the
 * store lost the end of the log in a failover: numbers are given again, or an
 * event that this instance was promised is passed over.
 */
export class LogTail {
  /** Of the last entry taken. */
  position: Position = ORIGIN;
  private number = 0;
  private state: LogState = {
    last: ORIGIN,
    seq: 0,
    floor: ORIGIN,
    nfloor: 0,
    oldest: undefined,
    lost: ORIGIN,
  };
  /** Positions that this instance was given and has not read yet. */
  private readonly promised = new Set<Position>();
  private greatest: Position = ORIGIN;
  private waiting: (() => void)[] = [];

  constructor(private readonly ring: EventRing) {}

  /** The greatest position that this instance knows was given, by reading or by appending. */
  get known(): Position {
    return this.greatest;
  }

  begin(state: LogState): void {
    this.state = state;
    this.position = state.last;
    this.number = state.seq;
    this.greatest = later(this.greatest, state.last);
  }

  promise(positions: readonly (Position | undefined)[]): void {
    for (const position of positions) {
      if (position === undefined) continue;
      this.greatest = later(this.greatest, position);
      if (comparePositions(position, this.position) > 0) this.promised.add(position);
    }
  }

  /** New entries, in order. Tells what turned out to be missing before one of them. */
  take(entries: readonly Entry[]): {
    events: readonly LoggedEvent[];
    missing: 'trimmed' | 'lost' | undefined;
    /** Up to here events may be missing. */
    floor: Position;
  } {
    const events: LoggedEvent[] = [];
    let missing: 'trimmed' | 'lost' | undefined;
    let floor: Position = ORIGIN;
    for (const [position, fields] of entries) {
      const [, n, , b = '', , s, , t = '', , m = '', , e = '', , p = ''] = fields;
      const number = Number(n);
      if (number !== this.number + 1) {
        missing = number > this.number ? 'trimmed' : 'lost';
        floor = justBefore(position);
        this.ring.fill([], floor);
      }
      const event = placeEvent(
        { severity: s as Severity, type: t, module: m, json: e, publisher: p },
        position,
      );
      this.promised.delete(position);
      this.position = position;
      this.number = number;
      this.ring.push(event);
      this.see(b);
      events.push(event);
    }
    this.greatest = later(this.greatest, this.position);
    if (this.passedOver()) missing = 'lost';
    this.wake();
    return { events, missing, floor };
  }

  /** Number of the last entry taken. */
  get read(): number {
    return this.number;
  }

  /**
   * What the log has said, though nothing new may have come.
   * @param read what had been read when it was asked: its answer may be overtaken
   *   by entries, and is then older than they are
   * @returns whether events that this instance has read are in it no longer
   */
  shrunk(state: LogState, read: number): boolean {
    if (state.seq >= read) return false;
    if (this.number === read) this.number = state.seq;
    this.ring.fill([], this.position);
    return true;
  }

  /** Takes over up to where events may be missing; returns whether that is news. */
  learn(lost: Position): boolean {
    if (comparePositions(lost, this.state.lost) <= 0) return false;
    this.state = { ...this.state, lost };
    for (const position of this.promised) {
      if (comparePositions(position, lost) <= 0) this.promised.delete(position);
    }
    this.wake();
    return true;
  }

  /** Whether everything that this instance was promised has been read. */
  get complete(): boolean {
    return this.promised.size === 0;
  }

  /** Lets those who wait look again. */
  wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves at the next entries, or when there may be none. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  get bounds(): Bounds {
    return boundsOf({ ...this.state, last: this.position, seq: this.number });
  }

  private see(bounds: string): void {
    const [floor = ORIGIN, nfloor, oldest] = bounds.split(' ');
    this.state = { ...this.state, floor, nfloor: Number(nfloor), oldest };
    this.ring.dropThrough(floor);
  }

  /** Forgets the promises that can no longer be kept. */
  private passedOver(): boolean {
    let found = false;
    for (const position of this.promised) {
      if (comparePositions(position, this.position) > 0) continue;
      this.promised.delete(position);
      found = true;
    }
    return found;
  }
}

export function boundsOf({ last, seq, floor, nfloor, oldest, lost }: LogState): Bounds {
  return { floor: later(floor, lost), oldest, newest: last, length: seq - nfloor };
}
