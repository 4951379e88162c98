import { LRUCache } from 'lru-cache';
import { EventFilter, type Filterable } from '../../kernel/event-filter.js';
import { EventCounter, type Counts } from './event-counts.js';
import { READ_LIMIT, type CountQuery, type Page, type ReadQuery } from './event-log.js';
import type { LoggedEvent } from '../event.js';
import { justAfter, ORIGIN, parts, positionOf, positionTime, type Position } from '../position.js';
import { mergeRows } from './postings.js';
import { SeriesTable, type Selection, type Series } from './series.js';

/** JSON characters of the newest events in memory, whatever their number: 128 MiB at the most. */
const MOST_CHARS = 64 * 1024 * 1024;
/** JSON characters of older events that filters have found and that are kept for the next reader. */
const MOST_FOUND_CHARS = 8 * 1024 * 1024;
/** Most events that one call of `Fetch` returns: 13 MB at 64 KiB an event. */
export const FETCH_EVENTS = 200;
/** Fetches after which the event loop gets its turn, although memory answers them all. */
const ROUNDS = 8;
/** Milliseconds of counting after which the event loop gets its turn. */
const COUNT_MS = 2;
const FIRST_CAPACITY = 1024;

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

/**
 * What one instance knows of a log without asking its store: the position and the
 * series of every event held, and the newest events themselves.
 *
 * A read finds here which positions match, whatever the filter, and fetches only the
 * events that it returns. So a filter that matches little costs no more than one that
 * matches much. An event that only the store has takes about 50 bytes.
 *
 * Longer than most files: rows, events in memory and reads share the same ring of slots and its
 * bounds, and each part alone would be called with all of them.
 *
 * Events are rows, numbered from 0 in the order in which they were added. The number of
 * a row that was dropped is not used again.
 */
export class EventIndex {
  private readonly series = new SeriesTable();
  /** Of each row, in the slot that is its number modulo the length. */
  private ms = new Float64Array(FIRST_CAPACITY);
  private seq = new Float64Array(FIRST_CAPACITY);
  private seriesOf = emptySlots<Series>(FIRST_CAPACITY);
  /** Of each row from `firstEvent` on. */
  private events = emptySlots<LoggedEvent>(FIRST_CAPACITY);
  private first = 0;
  private firstEvent = 0;
  private end = 0;
  private chars = 0;
  private readonly found = new LRUCache<Position, LoggedEvent>({
    maxSize: MOST_FOUND_CHARS,
    sizeCalculation: ({ json }) => json.length,
  });

  /**
   * @param mostEvents greatest number of events in memory
   * @param mostChars JSON characters of them
   */
  constructor(
    private readonly mostEvents: number,
    private readonly mostChars = MOST_CHARS,
  ) {}

  /** Events that the log holds. */
  get length(): number {
    return this.end - this.first;
  }

  /** Events that are in memory: the newest ones. */
  get eventsInMemory(): number {
    return this.end - this.firstEvent;
  }

  get oldest(): Position | undefined {
    return this.length === 0 ? undefined : this.position(this.first);
  }

  get newest(): Position | undefined {
    return this.length === 0 ? undefined : this.position(this.end - 1);
  }

  /** Adds an event to the end. It is ignored when its position is not after the newest one. */
  push(event: LoggedEvent): void {
    if (!this.add(event.position, event)) return;
    this.events[this.slot(this.end - 1)] = event;
    this.chars += event.json.length;
    while (this.eventsInMemory > this.mostEvents) this.forgetEvent();
    while (this.chars > this.mostChars && this.eventsInMemory > 1) this.forgetEvent();
  }

  /** As `push`, for an event that only the store has; so memory has no older one either. */
  pushRow(position: Position, labels: Filterable): void {
    if (!this.add(position, labels)) return;
    while (this.eventsInMemory > 0) this.forgetEvent();
  }

  /** Drops the events up to a position: the log no longer holds them. */
  dropThrough(position: Position): void {
    const through = this.rowAfter(position);
    while (this.first < through) this.drop();
  }

  /**
   * Drops the oldest events until `length` are left.
   * @returns the position of the last one dropped
   */
  dropDownTo(length: number): Position | undefined {
    let dropped: Position | undefined;
    while (this.length > length) {
      dropped = this.oldest;
      this.drop();
    }
    return dropped;
  }

  /**
   * Answers as `EventLog.read` does.
   * @param fetch is called for events that are not in memory
   */
  async read(query: ReadQuery, fetch: Fetch): Promise<Page> {
    const { after = ORIGIN, before, filter = EventFilter.ALL } = query;
    const descending = query.take === 'newest';
    const limit = Math.min(query.limit, READ_LIMIT);
    const selection = filter === EventFilter.ALL ? undefined : await this.series.select(filter);
    let from = this.rowAfter(after);
    let to = before === undefined ? this.end : this.rowFrom(before);
    let through = to > from && !descending ? this.position(to - 1) : after;
    const pages: (readonly LoggedEvent[])[] = [];
    let missing = limit;
    for (let round = 1; missing > 0; round += 1) {
      const rows = this.candidates(
        selection,
        { from, to },
        Math.min(missing, FETCH_EVENTS),
        descending,
      );
      const [lowest, highest] = [rows[0], rows.at(-1)];
      if (lowest === undefined || highest === undefined) break;
      const edge = this.position(descending ? lowest : highest);
      const events = await this.load(rows, fetch, selection !== undefined);
      const page = selection?.unsorted.length
        ? events.filter((event) => filter.matches(event))
        : events;
      pages.push(page);
      missing -= page.length;
      if (descending) to = lowest;
      else from = highest + 1;
      const abandoned = query.abandoned?.() === true;
      if (missing === 0 || abandoned) through = edge;
      if (abandoned) break;
      if (round % ROUNDS === 0) await new Promise(setImmediate);
    }
    return { events: (descending ? pages.toReversed() : pages).flat(), through };
  }

  /**
   * Answers as `EventLog.count` does.
   * @param fetch is called for events whose series is not known
   */
  async count(query: CountQuery, fetch: Fetch): Promise<Counts> {
    const { after = ORIGIN, before, filter = EventFilter.ALL, buckets } = query;
    const { series, unsorted } = await this.series.select(filter);
    const counter = new EventCounter(buckets);
    // Positions, because rows may be dropped whenever this method yields.
    const end = before ?? justAfter(this.newest ?? ORIGIN);
    let nextTurn = performance.now() + COUNT_MS;
    for (const { labels, rows } of series) {
      const last = rows.indexOf(this.rowFrom(end));
      let index = rows.indexOf(this.rowAfter(after));
      counter.add(labels, Math.max(0, last - index));
      if (!buckets) continue;
      // One step for each bucket with events, not for each event.
      while (index < last) {
        const ms = this.ms[this.slot(rows.at(index))] as number;
        const bucketEnd = counter.endOfBucket(ms);
        const next =
          bucketEnd === Infinity
            ? last
            : Math.min(last, rows.indexOf(this.rowFrom(positionOf(Math.ceil(bucketEnd), 0))));
        counter.addTime(ms, labels.severity, next - index);
        index = next;
      }
      if (performance.now() < nextTurn) continue;
      await new Promise(setImmediate);
      if (query.abandoned?.() === true) return counter;
      nextTurn = performance.now() + COUNT_MS;
    }
    for (let from = after; query.abandoned?.() !== true;) {
      const range = { from: this.rowAfter(from), to: this.rowFrom(end) };
      const rows = mergeRows([unsorted], range, FETCH_EVENTS, false);
      const lastRow = rows.at(-1);
      if (lastRow === undefined) break;
      from = this.position(lastRow);
      for (const event of await this.load(rows, fetch, false)) {
        if (!filter.matches(event)) continue;
        counter.add(event, 1);
        counter.addTime(positionTime(event.position), event.severity, 1);
      }
    }
    return counter;
  }

  /** Rows that may match, in growing order: the first ones of the range or, descending, the last ones. */
  private candidates(
    selection: Selection | undefined,
    range: { readonly from: number; readonly to: number },
    limit: number,
    descending: boolean,
  ): number[] {
    if (selection) {
      const rows = mergeRows([...selection.lists, selection.unsorted], range, limit, descending);
      return descending ? rows.reverse() : rows;
    }
    const from = Math.max(range.from, this.first);
    const count = Math.max(0, Math.min(limit, range.to - from));
    const first = descending ? range.to - count : from;
    return Array.from({ length: count }, (_, index) => first + index);
  }

  /** The events of these rows, in their order, but for those that the store no longer has. */
  private async load(
    rows: readonly number[],
    fetch: Fetch,
    isFiltered: boolean,
  ): Promise<readonly LoggedEvent[]> {
    const runs: (Run & { last: Position; count: number; end: number })[] = [];
    const events = rows.map((row) => {
      if (row >= this.firstEvent) return this.events[this.slot(row)];
      const position = this.position(row);
      const found = this.found.get(position);
      if (found) return found;
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

  private add(position: Position, labels: Filterable): boolean {
    const [ms, seq] = parts(position);
    if (this.length > 0 && this.compare(this.end - 1, ms, seq) >= 0) return false;
    if (this.length === this.ms.length) this.grow();
    const slot = this.slot(this.end);
    this.ms[slot] = ms;
    this.seq[slot] = seq;
    this.seriesOf[slot] = this.series.add(this.end, labels);
    this.end += 1;
    return true;
  }

  private drop(): void {
    if (this.firstEvent === this.first) this.forgetEvent();
    const slot = this.slot(this.first);
    this.series.removeOldest(this.seriesOf[slot]);
    this.seriesOf[slot] = undefined;
    this.first += 1;
  }

  private forgetEvent(): void {
    const slot = this.slot(this.firstEvent);
    this.chars -= this.events[slot]?.json.length ?? 0;
    this.events[slot] = undefined;
    this.firstEvent += 1;
  }

  private grow(): void {
    const { ms, seq, seriesOf, events } = this;
    const length = 2 * ms.length;
    this.ms = new Float64Array(length);
    this.seq = new Float64Array(length);
    this.seriesOf = emptySlots(length);
    this.events = emptySlots(length);
    for (let row = this.first; row < this.end; row += 1) {
      const from = row % ms.length;
      const to = row % length;
      this.ms[to] = ms[from] as number;
      this.seq[to] = seq[from] as number;
      this.seriesOf[to] = seriesOf[from];
      this.events[to] = events[from];
    }
  }

  private slot(row: number): number {
    return row % this.ms.length;
  }

  private position(row: number): Position {
    const slot = this.slot(row);
    return positionOf(this.ms[slot] as number, this.seq[slot] as number);
  }

  /** Negative, zero or positive as the row stands before, at or after the position. */
  private compare(row: number, ms: number, seq: number): number {
    const slot = this.slot(row);
    return (this.ms[slot] as number) - ms || (this.seq[slot] as number) - seq;
  }

  /** The first row at the position or after it. */
  private rowFrom(position: Position): number {
    const [ms, seq] = parts(position);
    return this.firstRow((row) => this.compare(row, ms, seq) >= 0);
  }

  /** The first row after the position. */
  private rowAfter(position: Position): number {
    const [ms, seq] = parts(position);
    return this.firstRow((row) => this.compare(row, ms, seq) > 0);
  }

  /** The first row that passes; they all pass from some row on. */
  private firstRow(passes: (row: number) => boolean): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (passes(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function emptySlots<T>(length: number): (T | undefined)[] {
  return Array.from({ length });
}
