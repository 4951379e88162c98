import { LRUCache } from 'lru-cache';
import type { EventFilter, Labels } from '../../kernel/event-filter.js';
import { Postings } from './postings.js';

/**
 * Most combinations of severity, module and type that have a list of their own.
 * A publisher may invent any number of types, so there must be a bound.
 */
const MOST_SERIES = 16_384;
/** Filters whose series are remembered. */
const MOST_FILTERS = 128;
/** Series compared with a filter between two readings of the clock. */
const STEP = 64;
/** Milliseconds of comparing after which the event loop gets its turn. */
const STEP_MS = 1;

/** All events with one severity, module and type. */
export interface Series {
  readonly labels: Labels;
  readonly rows: Postings;
  /** Series are numbered in the order of their first event. */
  readonly id: number;
}

/** The rows that may match a filter. */
export interface Selection {
  readonly series: readonly Series[];
  readonly lists: readonly Postings[];
  /** Rows in this list are candidates: only their events tell whether they match. */
  readonly unsorted: Postings;
}

interface Compared {
  series: Series[];
  /** Every series with a smaller id has been compared. */
  through: number;
}

/**
 * The rows of a log by series. A filter is compared with each series once
 * instead of with each event, and the result is remembered.
 */
export class SeriesTable {
  private readonly byKey = new Map<string, Series>();
  /** In the order of their ids. Some have lost all their rows. */
  private list: Series[] = [];
  private readonly unsorted = new Postings();
  private nextId = 1;
  private readonly compared = new LRUCache<string, Compared>({ max: MOST_FILTERS });

  /** @param most greatest number of series */
  constructor(private readonly most = MOST_SERIES) {}

  /** @returns the list that the row is in now */
  add(row: number, labels: Labels): Series | undefined {
    const key = keyOf(labels);
    let series = this.byKey.get(key);
    if (!series) {
      if (this.byKey.size >= this.most) {
        this.unsorted.push(row);
        return undefined;
      }
      const { severity, module, type } = labels;
      series = { labels: { severity, module, type }, rows: new Postings(), id: this.nextId };
      this.nextId += 1;
      this.byKey.set(key, series);
      this.list.push(series);
    }
    series.rows.push(row);
    return series;
  }

  /** Removes the oldest row of all, which is the first one of the list that it was added to. */
  removeOldest(series: Series | undefined): void {
    if (!series) {
      this.unsorted.shift();
      return;
    }
    series.rows.shift();
    if (series.rows.length > 0) return;
    this.byKey.delete(keyOf(series.labels));
    if (this.list.length > 2 * this.byKey.size + STEP) {
      this.list = this.list.filter(({ rows }) => rows.length > 0);
    }
  }

  clear(): void {
    this.byKey.clear();
    this.list = [];
    this.compared.clear();
    while (this.unsorted.length > 0) this.unsorted.shift();
  }

  /** The lists whose rows may match the filter: by their labels they do. Comparing many series leaves the event loop its turn. */
  async select(filter: EventFilter): Promise<Selection> {
    const known = this.compared.get(filter.key) ?? { series: [], through: 0 };
    let nextLook = performance.now() + STEP_MS;
    for (let next = this.firstAfter(known.through), steps = 1; ; steps += 1) {
      const series = this.list[next];
      if (!series) break;
      next += 1;
      if (filter.mayMatch(series.labels)) known.series.push(series);
      known.through = series.id;
      if (steps % STEP !== 0 || performance.now() < nextLook) continue;
      await new Promise(setImmediate);
      nextLook = performance.now() + STEP_MS;
      // The list may have been compacted meanwhile.
      next = this.firstAfter(known.through);
    }
    known.series = known.series.filter(({ rows }) => rows.length > 0);
    this.compared.set(filter.key, known);
    return {
      series: known.series,
      lists: known.series.map(({ rows }) => rows),
      unsorted: this.unsorted,
    };
  }

  /** Index in the list of the first series with a greater id. */
  private firstAfter(id: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as Series).id > id) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function keyOf({ severity, module, type }: Labels): string {
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  return `${severity} ${module.length} ${module}${type}`;
}
