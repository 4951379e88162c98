import { Subject } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import { Draft } from './draft.js';
import { EventLog, type Appended, type Bounds, type Page, type ReadQuery } from './event-log.js';
import { EventRing } from './event-ring.js';
import type { LoggedEvent, NewEvent } from '../event.js';
import { numberToPosition } from './position-number.js';
import { RecentIds } from './recent-ids.js';

/**
 * The log of one process that keeps nothing over its end: for tests. Every
 * method runs to its end without yielding, which makes each one atomic.
 */
export class MemoryEventLog extends EventLog {
  readonly tail = new Subject<readonly LoggedEvent[]>();
  private readonly ring: EventRing;
  private readonly recent = new RecentIds();
  private last = 0;
  private usable = false;

  /** @param length greatest number of events held */
  constructor(
    length: number,
    private readonly clock: Clock,
  ) {
    super();
    this.ring = new EventRing(length);
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
    for (const event of placed) this.ring.push(event);
    if (placed.length > 0) this.tail.next(placed);
    return appended;
  }

  async read(query: ReadQuery): Promise<Page> {
    this.mustBeUsable();
    const page = this.ring.read(query, this.ring.floor);
    if (!page) throw new Error('a ring that is the whole log reaches back to its own floor');
    return page;
  }

  async bounds(): Promise<Bounds> {
    this.mustBeUsable();
    return {
      floor: this.ring.floor,
      oldest: this.ring.oldest?.position,
      newest: numberToPosition(this.last),
      length: this.ring.length,
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
