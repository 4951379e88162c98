import type { Appended } from './event-log.js';
import { placeEvent, type LoggedEvent, type NewEvent } from '../event.js';
import { nextNumber, numberToPosition } from './position-number.js';
import { eventKey, type RecentIds } from './recent-ids.js';

/** An event that is not committed yet, with its position as a number. */
export interface DraftedEvent {
  readonly n: number;
  readonly event: LoggedEvent;
}

/**
 * The events of one commit, with positions in the order of `add`. Duplicates of the last
 * ten minutes and of this draft are left out. Ids are remembered only by `keep`, so a draft
 * whose commit fails has no effect.
 */
export class Draft {
  readonly events: DraftedEvent[] = [];
  readonly keys: Buffer[] = [];
  private readonly staged = new Set<string>();

  constructor(
    private readonly recent: RecentIds,
    /** The last number used; numbering continues after it. */
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
