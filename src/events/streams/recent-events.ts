import type { LoggedEvent } from '../event.js';
import { comparePositions, ORIGIN, type Position } from '../position.js';

/** Events kept after a trim. Up to twice as many may gather first, so that trims are rare. */
const MOST_EVENTS = 4096;
/** JSON characters kept after a trim; up to twice as many may gather first. */
const MOST_CHARS = 4 * 1024 * 1024;

/** The newest events of the tail, in memory and without gaps. A stream that goes live gets the events it missed from here. */
export class RecentEvents {
  private events: LoggedEvent[] = [];
  private chars = 0;
  /** Every event after this position is in `events`. */
  private floor: Position = ORIGIN;

  /** @param newest position of the newest event behind the tail */
  begin(newest: Position): void {
    this.floor = newest;
  }

  add(events: readonly LoggedEvent[]): void {
    this.events.push(...events);
    for (const { json } of events) this.chars += json.length;
    if (this.events.length > 2 * MOST_EVENTS || this.chars > 2 * MOST_CHARS) this.trim();
  }

  /** All events after `position`; `undefined` when some of them are no longer kept. */
  after(position: Position): readonly LoggedEvent[] | undefined {
    if (comparePositions(position, this.floor) < 0) return undefined;
    return this.events.slice(this.firstAfter(position));
  }

  /** Drops all events, because events up to `floor` may be missing. */
  reset(floor: Position): void {
    this.events = [];
    this.chars = 0;
    this.floor = floor;
  }

  private trim(): void {
    let dropped = 0;
    while (this.events.length - dropped > MOST_EVENTS || this.chars > MOST_CHARS) {
      const event = this.events[dropped] as LoggedEvent;
      this.chars -= event.json.length;
      this.floor = event.position;
      dropped += 1;
    }
    this.events = this.events.slice(dropped);
  }

  /** Index of the first event after `position`. */
  private firstAfter(position: Position): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = (this.events[middle] as LoggedEvent).position;
      if (comparePositions(at, position) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
