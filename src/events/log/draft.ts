import type { Appended } from './event-log.js';
import { placeEvent, type LoggedEvent, type NewEvent } from '../event.js';
import { nextNumber, numberToPosition } from './position-number.js';
import { eventKey, type RecentIds } from './recent-ids.js';

/** An event that waits for its commit, with its position as a number. */
export interface DraftedEvent {
  readonly n: number;
  readonly event: LoggedEvent;
}

/**
 * Places for the events of one commit: given in the order of `add`, left out
 * for what was taken in the last ten minutes or stands in this draft already.
 * Nothing is remembered before `keep`, so a draft whose commit fails is dropped.
 */
export class Draft {
  readonly events: DraftedEvent[] = [];
  readonly keys: Buffer[] = [];
  private readonly staged = new Set<string>();

  constructor(
    private readonly recent: RecentIds,
    /** The last number given; goes on from there. */
    public last: number,
    /** Epoch milliseconds. */
    readonly at: number,
  ) {}

  add(events: readonly NewEvent[]): Appended {
    let duplicates = 0;
    const positions = events.map((event) => {
      if (event.deduplicate && !this.stage(event)) {
        duplicates += 1;
        return undefined;
      }
      this.last = nextNumber(this.last, this.at);
      const placed = placeEvent(event, numberToPosition(this.last));
      this.events.push({ n: this.last, event: placed });
      return placed.position;
    });
    return { positions, duplicates };
  }

  keep(): void {
    for (const key of this.keys) this.recent.add(key, this.at);
  }

  private stage(event: NewEvent): boolean {
    const key = eventKey(event);
    const name = key.toString('latin1');
    if (this.staged.has(name) || this.recent.has(key, this.at)) return false;
    this.staged.add(name);
    this.keys.push(key);
    return true;
  }
}
