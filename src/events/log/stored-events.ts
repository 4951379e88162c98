import { LRUCache } from 'lru-cache';
import type { LoggedEvent } from '../event.js';
import type { Position } from '../position.js';

/** JSON characters of older events that filters have found and that are kept for the next reader. */
const MOST_FOUND_CHARS = 8 * 1024 * 1024;
/** Most events that one call of `Fetch` returns: 13 MB at 64 KiB an event. */
export const FETCH_EVENTS = 200;

/** Events that stand one after the other in the log. */
export interface Run {
  readonly first: Position;
  readonly last: Position;
  readonly count: number;
}

/**
 * Reads runs of events from where the log keeps them. An event that has been
 * trimmed meanwhile is left out.
 */
export type Fetch = (runs: readonly Run[]) => Promise<readonly LoggedEvent[]>;

/** A row to be read. */
interface WantedRow {
  readonly row: number;
  readonly position: Position;
  /** Absent where only the store has it. */
  readonly event: LoggedEvent | undefined;
}

/** Fetches the events that memory does not hold, and keeps what filters have found. */
export class StoredEvents {
  private readonly found = new LRUCache<Position, LoggedEvent>({
    maxSize: MOST_FOUND_CHARS,
    sizeCalculation: ({ json }) => json.length,
  });

  /**
   * The events of these rows, in their order, but for those that the store no longer has.
   * @param isFiltered whether a filter found them: then they are kept for the next reader
   */
  async load(
    wanted: readonly WantedRow[],
    fetch: Fetch,
    isFiltered: boolean,
  ): Promise<readonly LoggedEvent[]> {
    const runs: (Run & { last: Position; count: number; end: number })[] = [];
    const events = wanted.map(({ row, position, event }) => {
      const known = event ?? this.found.get(position);
      if (known) return known;
      const run = runs.at(-1);
      if (run?.end === row) {
        run.last = position;
        run.count += 1;
        run.end += 1;
      } else {
        runs.push({ first: position, last: position, count: 1, end: row + 1 });
      }
      return position;
    });
    if (runs.length === 0) return events as LoggedEvent[];
    const fetched = new Map((await fetch(runs)).map((event) => [event.position, event]));
    if (isFiltered) for (const [position, event] of fetched) this.found.set(position, event);
    return events.flatMap(
      (event) => (typeof event === 'string' ? fetched.get(event) : event) ?? [],
    );
  }
}
