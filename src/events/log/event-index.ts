import { EventFilter, type Labels } from '../../kernel/event-filter.js';
import { EventCounter, type Counts } from './event-counts.js';
import { READ_LIMIT, type CountQuery, type Page, type ReadQuery } from './event-log.js';
import type { LoggedEvent } from '../event.js';
import { justAfter, ORIGIN, positionOf, positionTime, type Position } from '../position.js';
import { mergeRows } from './postings.js';
import { RowPositions } from './row-positions.js';
import { RowRing } from './row-ring.js';
import { FETCH_EVENTS, StoredEvents, type Fetch } from './stored-events.js';
import { TextBlocks, type Block, type StoredBlock } from './text-blocks.js';
import { SeriesTable, type Selection, type Series } from './series.js';

/** JSON characters of the newest events in memory, whatever their number: 128 MiB at the most. */
const MOST_CHARS = 64 * 1024 * 1024;
/** Fetches after which the event loop gets its turn, although memory answers them all. */
const ROUNDS = 8;
/** Milliseconds of counting after which the event loop gets its turn. */
const COUNT_MS = 2;

/**
 * What one instance knows of a log without asking its store: the position and the
 * series of every event held, and the newest events themselves.
 *
 * A read finds here which positions match, whatever the filter, and fetches only the
 * events that it returns. So a filter that matches little costs no more than one that
 * matches much. An event that only the store has takes about 50 bytes.
 *
 * Events are rows (row-positions.ts).
 */
export class EventIndex {
  private readonly series = new SeriesTable();
  private readonly blocks = new TextBlocks();
  private readonly rows = new RowPositions();
  /** `undefined` of a row whose series is not known. */
  private readonly seriesOf = new RowRing<Series | undefined>();
  /** Of each row from `firstEvent` on. */
  private readonly events = new RowRing<LoggedEvent>();
  private firstEvent = 0;
  private chars = 0;
  private readonly stored = new StoredEvents();

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
    return this.rows.length;
  }

  /** Events that are in memory: the newest ones. */
  get eventsInMemory(): number {
    return this.rows.end - this.firstEvent;
  }

  get oldest(): Position | undefined {
    return this.length === 0 ? undefined : this.rows.at(this.rows.first);
  }

  get newest(): Position | undefined {
    return this.length === 0 ? undefined : this.rows.at(this.rows.end - 1);
  }

  /** Adds an event to the end. It is ignored when its position is not after the newest one. */
  push(event: LoggedEvent): void {
    if (!this.add(event.position, event)) return;
    this.blocks.push(this.rows.end - 1, event.json);
    this.events.push(this.rows.end - 1, event);
    this.chars += event.json.length;
    while (this.eventsInMemory > this.mostEvents) this.forgetEvent();
    while (this.chars > this.mostChars && this.eventsInMemory > 1) this.forgetEvent();
  }

  /** As `push`, for an event that only the store has; so memory has no older one either. */
  pushRow(position: Position, labels: Labels): void {
    if (!this.add(position, labels)) return;
    while (this.eventsInMemory > 0) this.forgetEvent();
  }

  /** Blocks of text that are complete since the last call, for a store that keeps them. */
  takeBlocks(): readonly StoredBlock[] {
    return this.blocks
      .takeCompleted()
      .filter(({ firstRow }) => firstRow >= this.rows.first)
      .map(({ firstRow, lastRow, bits }) => ({
        first: this.rows.at(firstRow),
        last: this.rows.at(lastRow),
        bits,
      }));
  }

  /**
   * Blocks that a store has kept, of rows that were added without their events.
   * @param blocks oldest first
   */
  restoreBlocks(blocks: readonly StoredBlock[]): void {
    const restored = blocks
      .map(({ first, last, bits }): Block => ({
        firstRow: this.rows.rowFrom(first),
        lastRow: this.rows.rowAfter(last) - 1,
        bits,
      }))
      .filter(({ firstRow, lastRow }) => firstRow <= lastRow && lastRow < this.firstEvent);
    this.blocks.restore(restored);
  }

  /** Drops the events up to a position: the log no longer holds them. */
  dropThrough(position: Position): void {
    const through = this.rows.rowAfter(position);
    while (this.rows.first < through) this.drop();
    this.blocks.dropBefore(this.rows.first);
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
    this.blocks.dropBefore(this.rows.first);
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
    const mayMatch = query.search && this.blocks.decide(query.search);
    let from = this.rows.rowAfter(after);
    let to = before === undefined ? this.rows.end : this.rows.rowFrom(before);
    let through = to > from && !descending ? this.rows.at(to - 1) : after;
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
      const edge = this.rows.at(descending ? lowest : highest);
      const wanted = mayMatch ? rows.filter(mayMatch) : rows;
      const events = await this.load(wanted, fetch, selection !== undefined);
      const page =
        selection?.unsorted.length || filter.readsAttributes
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
    const { series, lists, unsorted } = await this.series.select(filter);
    const counter = new EventCounter(buckets);
    // Positions, because rows may be dropped whenever this method yields.
    const end = before ?? justAfter(this.newest ?? ORIGIN);
    let nextTurn = performance.now() + COUNT_MS;
    // Only the events themselves tell what a filter of attributes matches.
    const known = filter.readsAttributes ? [] : series;
    const candidates = filter.readsAttributes ? [...lists, unsorted] : [unsorted];
    for (const { labels, rows } of known) {
      const last = rows.indexOf(this.rows.rowFrom(end));
      let index = rows.indexOf(this.rows.rowAfter(after));
      counter.add(labels, Math.max(0, last - index));
      if (!buckets) continue;
      // One step for each bucket with events, not for each event.
      while (index < last) {
        const ms = this.rows.timeOf(rows.at(index));
        const bucketEnd = counter.endOfBucket(ms);
        const next =
          bucketEnd === Infinity
            ? last
            : Math.min(last, rows.indexOf(this.rows.rowFrom(positionOf(Math.ceil(bucketEnd), 0))));
        counter.addTime(ms, labels.severity, next - index);
        index = next;
      }
      if (performance.now() < nextTurn) continue;
      await new Promise(setImmediate);
      if (query.abandoned?.() === true) return counter;
      nextTurn = performance.now() + COUNT_MS;
    }
    for (let from = after; query.abandoned?.() !== true;) {
      const range = { from: this.rows.rowAfter(from), to: this.rows.rowFrom(end) };
      const rows = mergeRows(candidates, range, FETCH_EVENTS, false);
      const lastRow = rows.at(-1);
      if (lastRow === undefined) break;
      from = this.rows.at(lastRow);
      if (performance.now() >= nextTurn) {
        await new Promise(setImmediate);
        nextTurn = performance.now() + COUNT_MS;
      }
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
    const from = Math.max(range.from, this.rows.first);
    const count = Math.max(0, Math.min(limit, range.to - from));
    const first = descending ? range.to - count : from;
    return Array.from({ length: count }, (_, index) => first + index);
  }

  /** The events of these rows, in their order, but for those that the store no longer has. */
  private load(rows: readonly number[], fetch: Fetch, isFiltered: boolean) {
    const wanted = rows.map((row) => {
      const event = this.events.get(row);
      return { row, event, position: event?.position ?? this.rows.at(row) };
    });
    return this.stored.load(wanted, fetch, isFiltered);
  }

  private add(position: Position, labels: Labels): boolean {
    if (!this.rows.add(position)) return false;
    const row = this.rows.end - 1;
    this.seriesOf.push(row, this.series.add(row, labels));
    return true;
  }

  private drop(): void {
    if (this.firstEvent === this.rows.first) this.forgetEvent();
    this.series.removeOldest(this.seriesOf.shift());
    this.rows.drop();
  }

  private forgetEvent(): void {
    this.chars -= this.events.shift()?.json.length ?? 0;
    this.firstEvent += 1;
  }
}
