import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Draft } from '../draft.js';
import type { EventIndex } from '../event-index.js';
import type { Run } from '../stored-events.js';
import type { StoredBlock } from '../text-blocks.js';
import { DEDUPLICATION_MS, type Break } from '../event-log.js';
import type { LoggedEvent, Severity } from '../../event.js';
import { numberAtOrAfter, numberAtOrBefore, numberToPosition } from '../position-number.js';
import { openDatabase } from './schema.js';

const COLUMNS = 'n, type, severity, module, json, publisher';
const KEY_BYTES = 16;

/** Events trimmed beyond the excess, so that not every commit has to trim. */
const TRIM_EVENTS = 128;
/** Commits after which old rows of `seen` are deleted, and how many are deleted then. */
const FORGET_EVERY = 128;
const FORGET_ROWS = 256;

/** Breaks that are kept, the newest ones: an instance that starts again and again makes many. */
const MOST_BREAKS = 32;

/** Size of a trial write: an event of the greatest size. */
export const TRIAL_BYTES = 64 * 1024;
/** Row of a trial write in `seen`; a commit's number is greater. */
const TRIAL = -1;

type Row = Record<string, SQLOutputValue>;

/** `Bounds` in numbers; 0 for ORIGIN. */
export interface FileBounds {
  readonly trimmedThrough: number;
  readonly breaks: readonly Break[];
  readonly oldest: number | undefined;
  /** The newest event is never trimmed, so this is the greatest position ever committed. */
  readonly newest: number;
  readonly length: number;
}

/**
 * The SQLite file of the embedded log, with every SQL statement. Throws SQLite's own
 * errors. `bounds` is the state after the last commit that succeeded.
 */
export class SqliteFile {
  bounds: FileBounds;
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private commits = 0;
  /** Whether the next commit is the first one since the file was opened. */
  private isFirst = true;

  /**
   * @param capacity greatest number of events held; events above it are trimmed at once
   * @throws EventLogFileError when the file belongs to another program or a newer version
   */
  constructor(
    path: string,
    private readonly capacity: number,
  ) {
    this.db = openDatabase(path);
    try {
      const state = this.get('SELECT floor, counted_to, counted FROM state');
      const more = this.get('SELECT count(*) AS n FROM events WHERE n > ?', num(state?.counted_to));
      const trimmedThrough = num(state?.floor);
      const newest = Math.max(trimmedThrough, num(this.get('SELECT max(n) AS n FROM events')?.n));
      this.bounds = {
        trimmedThrough,
        breaks: this.breaks(),
        newest,
        oldest: this.oldest(),
        length: num(state?.counted) + num(more?.n),
      };
      // Always writes, so that a file that cannot be written fails here, not at the first event.
      this.save();
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /**
   * Commits the whole draft or, when it throws, nothing of it.
   * @param blocks of earlier events; lost with a failed commit, which only makes searches slower
   */
  commit({ events, keys, last, at }: Draft, blocks: readonly StoredBlock[] = []): void {
    this.bounds = this.transaction(() => {
      const insert = this.prepare(`INSERT INTO events (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`);
      for (const { n, event } of events) {
        const { type, severity, module, json, publisher } = event;
        insert.run(n, type, severity, module, json, publisher);
      }
      if (keys.length > 0) {
        const seen = this.prepare('INSERT INTO seen (n, at, keys) VALUES (?, ?, ?)');
        seen.run(last, at, Buffer.concat(keys));
      }
      for (const block of blocks) {
        this.prepare('INSERT OR REPLACE INTO blocks (last, first, bits) VALUES (?, ?, ?)').run(
          numberAtOrBefore(block.last),
          numberAtOrBefore(block.first),
          block.bits,
        );
      }
      this.commits += 1;
      if (this.commits % FORGET_EVERY === 0) this.forget(at);
      const bounds = {
        ...this.bounds,
        breaks: this.isFirst ? this.addBreak(events[0]?.n ?? last) : this.bounds.breaks,
        oldest: this.bounds.oldest ?? events[0]?.n,
        newest: last,
        length: this.bounds.length + events.length,
      };
      return this.trim(bounds, this.bounds.length);
    });
    this.isFirst = false;
  }

  /**
   * Writes as much as an event of the greatest size takes and removes it again; throws what
   * an append would throw. What a crash between the two leaves is forgotten as too old.
   */
  tryWrite(): void {
    this.transaction(() =>
      this.prepare('INSERT OR REPLACE INTO seen VALUES (?, 0, zeroblob(?))').run(
        TRIAL,
        TRIAL_BYTES,
      ),
    );
    this.transaction(() => this.prepare('DELETE FROM seen WHERE n = ?').run(TRIAL));
  }

  /**
   * Adds the events after the newest one of the index to it, oldest first.
   * @param limit greatest number of events
   * @param withEvents false: only position, severity, type and module
   * @returns whether there are more
   */
  fill(index: EventIndex, limit: number, withEvents: boolean): boolean {
    const after = index.newest === undefined ? 0 : numberAtOrBefore(index.newest);
    const columns = withEvents ? COLUMNS : 'n, type, severity, module';
    const select = `SELECT ${columns} FROM events WHERE n > ? ORDER BY n LIMIT ?`;
    const rows = this.prepare(select).all(after, limit);
    for (const row of rows) {
      if (withEvents) index.push(toEvent(row));
      else index.pushRow(numberToPosition(num(row.n)), labelsOf(row));
    }
    return rows.length === limit;
  }

  /** The events of these runs, in their order. */
  events(runs: readonly Run[]): LoggedEvent[] {
    const select = this.prepare(`SELECT ${COLUMNS} FROM events WHERE n >= ? AND n <= ? ORDER BY n`);
    return runs
      .flatMap(({ first, last }) => select.all(numberAtOrAfter(first), numberAtOrBefore(last)))
      .map(toEvent);
  }

  /** The blocks of text that were kept, oldest first. */
  blocks(): StoredBlock[] {
    return this.prepare('SELECT first, last, bits FROM blocks ORDER BY last')
      .all()
      .map(({ first, last, bits }) => ({
        first: numberToPosition(num(first)),
        last: numberToPosition(num(last)),
        bits: bits as Uint8Array,
      }));
  }

  /** Keys of the events that were accepted after `since`, epoch milliseconds. */
  *recentKeys(since: number): Generator<{ key: Buffer; at: number }> {
    const rows = this.prepare('SELECT at, keys FROM seen WHERE at > ? ORDER BY n').iterate(since);
    for (const row of rows) {
      const keys = Buffer.from(row.keys as Uint8Array);
      for (let start = 0; start < keys.length; start += KEY_BYTES) {
        yield { key: keys.subarray(start, start + KEY_BYTES), at: num(row.at) };
      }
    }
  }

  /** Moves the write-ahead log into the file, so that the file alone is the log. */
  close(): void {
    try {
      this.save();
      this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.db.close();
    }
  }

  /** Closes the file without writing: for a disk that fails. */
  abandon(): void {
    this.db.close();
  }

  private transaction<T>(work: () => T): T {
    this.prepare('BEGIN IMMEDIATE').run();
    try {
      const result = work();
      this.prepare('COMMIT').run();
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private save(): void {
    this.bounds = this.transaction(() => {
      const bounds = this.trim(this.bounds, this.bounds.length - 1);
      this.saveBounds(bounds);
      return bounds;
    });
  }

  /**
   * Removes the oldest events when there are more than the capacity.
   * @param most greatest number of events removed
   */
  private trim(bounds: FileBounds, most: number): FileBounds {
    const excess = bounds.length - this.capacity;
    const extra = Math.min(TRIM_EVENTS, Math.ceil(this.capacity / 64)) - 1;
    const removed = Math.min(excess + extra, most);
    if (excess <= 0 || removed <= 0) return bounds;
    const last = this.get('SELECT n FROM events ORDER BY n LIMIT 1 OFFSET ?', removed - 1);
    const trimmedThrough = num(last?.n);
    this.prepare('DELETE FROM events WHERE n <= ?').run(trimmedThrough);
    this.prepare('DELETE FROM blocks WHERE last <= ?').run(trimmedThrough);
    const trimmed = {
      ...bounds,
      trimmedThrough,
      oldest: this.oldest(),
      length: bounds.length - removed,
    };
    this.saveBounds(trimmed);
    return trimmed;
  }

  private saveBounds({ trimmedThrough, newest, length }: FileBounds): void {
    const update = this.prepare('UPDATE state SET floor = ?, counted_to = ?, counted = ?');
    update.run(trimmedThrough, newest, length);
  }

  private forget(now: number): void {
    const row = this.get('SELECT n, at FROM seen ORDER BY n LIMIT 1 OFFSET ?', FORGET_ROWS - 1);
    if (row && num(row.at) <= now - DEDUPLICATION_MS) {
      this.prepare('DELETE FROM seen WHERE n <= ?').run(num(row.n));
    }
  }

  /** @param until the first number that is given out again */
  private addBreak(until: number): Break[] {
    const add = this.prepare('INSERT INTO breaks (until, after) VALUES (?, ?)');
    add.run(until, this.bounds.newest);
    const newest = 'SELECT until FROM breaks ORDER BY until DESC LIMIT ?';
    this.prepare(`DELETE FROM breaks WHERE until NOT IN (${newest})`).run(MOST_BREAKS);
    return this.breaks();
  }

  /** Newest first. */
  private breaks(): Break[] {
    return this.prepare('SELECT until, after FROM breaks ORDER BY until DESC')
      .all()
      .map(({ until, after }) => ({
        after: numberToPosition(num(after)),
        until: numberToPosition(num(until)),
      }));
  }

  private oldest(): number | undefined {
    return num(this.get('SELECT min(n) AS n FROM events')?.n) || undefined;
  }

  private get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...values);
  }

  private prepare(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

/** Every integer of this file is a safe one. NULL becomes 0, which is no event's number. */
function num(value: SQLOutputValue | undefined): number {
  return Number(value ?? 0);
}

function labelsOf(row: Row): { severity: Severity; type: string; module: string } {
  return {
    severity: row.severity as Severity,
    type: String(row.type),
    module: String(row.module),
  };
}

function toEvent(row: Row): LoggedEvent {
  return {
    position: numberToPosition(num(row.n)),
    ...labelsOf(row),
    json: String(row.json),
    publisher: String(row.publisher),
  };
}
