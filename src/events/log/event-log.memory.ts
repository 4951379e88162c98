import { Subject } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { Draft } from './draft.js';
import { EventIndex } from './event-index.js';
import type { Counts } from './event-counts.js';
import {
  EventLog,
  type Appended,
  type Bounds,
  type CountQuery,
  type Page,
  type ReadQuery,
} from './event-log.js';
import type { LoggedEvent, NewEvent } from '../event.js';
import { ORIGIN, positionOf, type Position } from '../position.js';
import { numberToPosition } from './position-number.js';
import { RecentIds } from './recent-ids.js';

/**
 * The log of one process, in memory only, for tests. An append is atomic because it does
 * not yield.
 */
export class MemoryEventLog extends EventLog {
  readonly tail = new Subject<readonly LoggedEvent[]>();
  private readonly index: EventIndex;
  private readonly recent = new RecentIds();
  private trimmedThrough: Position = ORIGIN;
  private last = 0;
  private readonly breaks: Bounds['breaks'];
  private usable = false;

  /** @param length greatest number of events held */
  constructor(
    private readonly length: number,
    private readonly clock: Clock,
  ) {
    super();
    this.index = new EventIndex(Infinity, Infinity);
    this.breaks = [{ after: ORIGIN, until: positionOf(clock.now(), 0) }];
  }

  get position(): Position {
    return numberToPosition(this.last);
  }

  async open(): Promise<void> {
    this.usable = true;
  }

  async append(events: readonly NewEvent[]): Promise<Appended> {
    this.mustBeUsable();
    const draft = new Draft(this.recent, this.last, this.clock.now());
    const appended = draft.add(events);
    this.last = draft.last;
    draft.keep();
    const placed = draft.events.map(({ event }) => event);
    const left = Math.max(0, this.length - placed.length);
    this.trimmedThrough = this.index.dropDownTo(left) ?? this.trimmedThrough;
    for (const event of placed) this.index.push(event);
    if (placed.length > 0) this.tail.next(placed);
    return appended;
  }

  async read(query: ReadQuery): Promise<Page> {
    this.mustBeUsable();
    return this.index.read(query, allInMemory);
  }

  async count(query: CountQuery): Promise<Counts> {
    this.mustBeUsable();
    return this.index.count(query, allInMemory);
  }

  async bounds(): Promise<Bounds> {
    this.mustBeUsable();
    return {
      trimmedThrough: this.trimmedThrough,
      breaks: this.breaks,
      oldest: this.index.oldest,
      newest: numberToPosition(this.last),
      length: this.index.length,
    };
  }

  async close(): Promise<void> {
    this.usable = false;
    this.tail.complete();
  }

  private mustBeUsable(): void {
    if (this.usable) return;
    throw new ProblemError('event_log_unavailable', 'The event log is not open. Try again later.');
  }
}

function allInMemory(): never {
  throw new Error('all events of this log are in memory');
}
