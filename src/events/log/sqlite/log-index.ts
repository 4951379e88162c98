import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import type { LoggedEvent } from '../../event.js';
import { comparePositions, ORIGIN, type Position } from '../../position.js';
import { numberToPosition } from '../position-number.js';
import { EventIndex } from '../event-index.js';
import type { StoredBlock } from '../text-blocks.js';
import type { Counts } from '../event-counts.js';
import type { CountQuery, Page, ReadQuery } from '../event-log.js';
import type { SqliteFile } from './file.js';

/** Rows that one step of loading reads before the event loop gets its turn: 1 to 3 ms. */
const LOAD_ROWS = 1000;

/** The index over an SQLite file. It is loaded when the file is opened. */
export class SqliteLogIndex {
  private index: EventIndex;
  /** The file that `index` is complete for. */
  private file: SqliteFile | undefined;
  private newestKept: Position = ORIGIN;
  private loading: { readonly file: SqliteFile; readonly done: Promise<void> } | undefined;

  constructor(private readonly eventsInMemory: number) {
    this.index = new EventIndex(eventsInMemory);
  }

  /** Events that were committed to the file, in order. */
  add(file: SqliteFile, events: readonly LoggedEvent[]): void {
    // While the index is loading, these events are read from the file.
    if (this.file !== file) return;
    for (const event of events) this.index.push(event);
    this.index.dropThrough(numberToPosition(file.bounds.trimmedThrough));
  }

  /** Blocks of text to keep with the next commit. */
  takeBlocks(): readonly StoredBlock[] {
    if (this.file === undefined) return [];
    return this.index
      .takeBlocks()
      .filter(({ first }) => comparePositions(first, this.newestKept) > 0);
  }

  /**
   * Reads the whole file once, unless that has been done.
   * @throws SQLite's errors
   */
  async load(file: SqliteFile): Promise<void> {
    if (this.file === file) return;
    if (this.loading?.file !== file) this.loading = { file, done: this.build(file) };
    const { loading } = this;
    try {
      await loading.done;
    } finally {
      if (this.loading === loading) this.loading = undefined;
    }
  }

  /** @throws SQLite's errors */
  async read(file: SqliteFile, query: ReadQuery): Promise<Page> {
    await this.load(file);
    return this.index.read(query, async (runs) => file.events(runs));
  }

  /** @throws SQLite's errors */
  async count(file: SqliteFile, query: CountQuery): Promise<Counts> {
    await this.load(file);
    return this.index.count(query, async (runs) => file.events(runs));
  }

  private async build(file: SqliteFile): Promise<void> {
    const index = new EventIndex(this.eventsInMemory);
    for (;;) {
      // Only the newest events are needed whole.
      const left = file.bounds.length - index.length - this.eventsInMemory;
      const withEvents = left <= 0;
      const limit = withEvents ? LOAD_ROWS : Math.min(left, LOAD_ROWS);
      const hasMore = file.fill(index, limit, withEvents);
      if (!hasMore && withEvents) break;
      await eventLoopTurn();
    }
    const kept = file.blocks();
    index.restoreBlocks(kept);
    // What loading has read again is kept already, but for the events after the last block.
    this.newestKept = kept.at(-1)?.last ?? ORIGIN;
    index.dropThrough(numberToPosition(file.bounds.trimmedThrough));
    this.index = index;
    this.file = file;
  }
}
