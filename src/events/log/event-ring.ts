import { EventFilter } from '../../kernel/event-filter.js';
import { READ_LIMIT, type Page, type ReadQuery } from './event-log.js';
import type { LoggedEvent } from '../event.js';
import { comparePositions, ORIGIN, type Position } from '../position.js';

/** JSON characters that a ring holds, whatever its capacity: large events cannot fill the memory. */
const MAX_CHARS = 64 * 1024 * 1024;

/** The newest events of a log in memory, bounded by number and by size. */
export class EventRing {
  /** The greatest position that is no longer here. */
  floor: Position = ORIGIN;
  private slots: (LoggedEvent | undefined)[] = [];
  private head = 0;
  private chars = 0;
  length = 0;

  constructor(
    private readonly capacity: number,
    private readonly maxChars = MAX_CHARS,
  ) {}

  get oldest(): LoggedEvent | undefined {
    return this.length === 0 ? undefined : this.at(0);
  }

  get newest(): LoggedEvent | undefined {
    return this.length === 0 ? undefined : this.at(this.length - 1);
  }

  /**
   * Starts over with as much as there is room for.
   * @param floor the greatest position that the log itself no longer holds
   */
  fill(newestFirst: Iterable<LoggedEvent>, floor: Position): void {
    this.slots = [];
    this.head = 0;
    this.length = 0;
    this.chars = 0;
    this.floor = floor;
    const events: LoggedEvent[] = [];
    let chars = 0;
    for (const event of newestFirst) {
      chars += event.json.length;
      if (events.length === this.capacity || chars > this.maxChars) {
        this.floor = event.position;
        break;
      }
      events.push(event);
    }
    for (const event of events.reverse()) this.push(event);
  }

  push(event: LoggedEvent): void {
    if (this.length === this.capacity) this.drop();
    this.slots[(this.head + this.length) % this.capacity] = event;
    this.length += 1;
    this.chars += event.json.length;
    while (this.chars > this.maxChars && this.length > 1) this.drop();
  }

  /** Lets go of everything up to `position`, because the log no longer holds it either. */
  dropThrough(position: Position): void {
    while (this.length > 0 && comparePositions(this.at(0).position, position) <= 0) this.drop();
    if (comparePositions(this.floor, position) < 0) this.floor = position;
  }

  /**
   * Answers as `EventLog.read` does, or not at all when the ring does not reach
   * back far enough.
   * @param logFloor the greatest position that the log itself no longer holds
   */
  read(query: ReadQuery, logFloor: Position): Page | undefined {
    const { after = ORIGIN, before, take = 'oldest', filter = EventFilter.ALL } = query;
    const limit = Math.min(query.limit, READ_LIMIT);
    const complete =
      comparePositions(after, this.floor) >= 0 || comparePositions(logFloor, this.floor) >= 0;
    const from = this.firstWhere((position) => comparePositions(position, after) > 0);
    const to =
      before === undefined
        ? this.length
        : this.firstWhere((position) => comparePositions(position, before) >= 0);
    return take === 'oldest'
      ? this.readOldest(from, to, after, limit, filter, complete)
      : this.readNewest(from, to, after, limit, filter, complete);
  }

  private readOldest(
    from: number,
    to: number,
    after: Position,
    limit: number,
    filter: EventFilter,
    complete: boolean,
  ): Page | undefined {
    if (!complete) return undefined;
    const events: LoggedEvent[] = [];
    let through = after;
    for (let index = from; index < to && events.length < limit; index += 1) {
      const event = this.at(index);
      through = event.position;
      if (filter.matches(event)) events.push(event);
    }
    return { events, through };
  }

  private readNewest(
    from: number,
    to: number,
    after: Position,
    limit: number,
    filter: EventFilter,
    complete: boolean,
  ): Page | undefined {
    const events: LoggedEvent[] = [];
    for (let index = to - 1; index >= from && events.length < limit; index -= 1) {
      const event = this.at(index);
      if (filter.matches(event)) events.push(event);
    }
    events.reverse();
    if (events.length === limit) return { events, through: events[0]?.position ?? after };
    return complete ? { events, through: after } : undefined;
  }

  /** Index of the first event whose position passes; they pass from some index on. */
  private firstWhere(passes: (position: Position) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (passes(this.at(middle).position)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private at(index: number): LoggedEvent {
    const event = this.slots[(this.head + index) % this.capacity];
    if (!event) throw new RangeError(`no event at index ${index} of ${this.length}`);
    return event;
  }

  private drop(): void {
    const { position, json } = this.at(0);
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) % this.capacity;
    this.length -= 1;
    this.chars -= json.length;
    this.floor = position;
  }
}
