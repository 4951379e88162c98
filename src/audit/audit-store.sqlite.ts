import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite';
import { newId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { StartRefusal } from '../kernel/start-refusal.js';
import { SqliteCheckpointer } from '../sqlite/checkpointer.js';
import { isPassing, troubleOf } from '../sqlite/errors.js';
import { SqliteLock } from '../sqlite/lock.js';
import {
  AuditStore,
  AuditStoreUnavailable,
  ChainBehind,
  ChainTaken,
  MOST_TRIMMED,
  type AuditPage,
  type AuditQuery,
  type Batch,
  type Leftover,
  type Opened,
  type AuditLine,
  type AuditRecord,
  type AuditScan,
  type Trimmed,
} from './audit-store.js';
import { GENESIS, type ChainedEntry, type Draft, type Head } from './chain.js';
import { SCANNED } from './scan.js';

/** 'VX1A': marks the file as an audit trail, so that no other database is taken for it. */
const APPLICATION_ID = 0x56583141;
const SCHEMA_VERSION = 1;
/** Bytes that a commit writes besides its entries. */
const COMMIT_BYTES = 2 * 4096;

/**
 * - `entries`: one row for each entry, in the order of the chain. `text` is what the hash
 *   is over; the other columns repeat members of it, for filters.
 * - `sums`: sums that still grow. They are in no chain yet.
 * - `state`: the name of the chain.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, action TEXT NOT NULL, result TEXT NOT NULL,
    actor TEXT, subject TEXT, owner TEXT, address TEXT, correlation_id TEXT, text TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_at ON entries (at);
  CREATE TABLE IF NOT EXISTS sums (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), chain TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

const INSERT = `INSERT INTO entries (at, action, result, actor, subject, owner, address, correlation_id, text, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

type Row = { readonly [column: string]: SQLOutputValue };

export interface SqliteAuditStoreOptions {
  /** Created with its directory when absent. */
  readonly file: string;
  readonly logger: Pick<Logger, 'warn'>;
}

/** The embedded audit trail cannot start; the message names the file and says what to do. */
class AuditFileError extends StartRefusal {
  constructor(file: string, reason: string, cause: unknown) {
    super(
      `The audit trail ${file} cannot be opened: ${reason}. Make room, stop the other process, or move the file away with those of the same name that end in -wal and -shm: the trail then starts empty.`,
      { cause },
    );
    this.name = 'AuditFileError';
  }
}

/** The trail of one instance: an SQLite file with one chain, which each start goes on with. */
export class SqliteAuditStore extends AuditStore {
  private readonly statements = new Map<string, StatementSync>();
  private readonly checkpointer: SqliteCheckpointer;
  private lock: SqliteLock | undefined;
  /** Absent after a failure, until the next attempt. */
  private db: DatabaseSync | undefined;
  private head: Head = { chain: '', seq: 0, hash: GENESIS };

  constructor(private readonly options: SqliteAuditStoreOptions) {
    super();
    const { file, logger } = options;
    this.checkpointer = new SqliteCheckpointer(
      file,
      () => undefined,
      (reason) => logger.warn({ file, reason }, 'audit trail: a checkpoint of its file failed'),
    );
  }

  async open(): Promise<Opened> {
    try {
      return this.begin();
    } catch (error) {
      throw new AuditFileError(this.options.file, (error as Error).message, error);
    }
  }

  private begin(): Opened {
    return this.guarded(() => {
      mkdirSync(dirname(this.options.file), { recursive: true, mode: 0o700 });
      this.lock ??= SqliteLock.take(`${this.options.file}.lock`);
      this.connect();
      const sums = this.prepare('SELECT key, text FROM sums').all();
      return {
        head: this.head,
        sums: sums.map(({ key, text }) => ({
          key: String(key),
          draft: JSON.parse(String(text)) as Draft,
        })),
      };
    });
  }

  async newest(): Promise<AuditRecord | undefined> {
    const { records } = await this.list({}, undefined, 1);
    return records[0];
  }

  async append(batch: Batch): Promise<void> {
    this.guarded(() => {
      this.connect();
      const stored = batch.entries.findLast(({ entry }) => entry.seq <= this.head.seq);
      if (stored && stored.hash !== this.hashOf(stored.entry.seq)) throw new ChainTaken(true);
      const entries = batch.entries.filter(({ entry }) => entry.seq > this.head.seq);
      const [first] = entries;
      if (first && first.entry.seq !== this.head.seq + 1) throw new ChainBehind(this.head.seq);
      this.transaction(() => this.write({ ...batch, entries }));
      const last = entries.at(-1);
      if (last) this.head = { chain: this.head.chain, seq: last.entry.seq, hash: last.hash };
    });
  }

  async list(query: AuditQuery, before: string | undefined, limit: number): Promise<AuditPage> {
    return this.guarded(() => {
      const top = before === undefined ? this.topOf(query) : Number(before);
      const floor = Math.max(0, top - SCANNED);
      const { where, values } = conditions(query);
      const rows = this.prepare(
        `SELECT n, at, text, hash FROM entries WHERE n < ? AND n >= ?${where} ORDER BY n DESC LIMIT ?`,
      ).all(top, floor, ...values, limit);
      const end = rows.length === limit ? num(rows.at(-1)?.n) : floor;
      return {
        records: rows.map(toRecord),
        next: this.isEnd(end, query) ? undefined : String(end),
      };
    });
  }

  async scan(after: string | undefined, limit: number): Promise<AuditScan> {
    return this.guarded(() => {
      const rows = this.prepare(
        'SELECT n, text, hash FROM entries WHERE n > ? ORDER BY n LIMIT ?',
      ).all(Number(after ?? 0), limit);
      const lines = rows.map(toLine);
      return { lines, next: rows.length === limit ? lines.at(-1)?.position : undefined };
    });
  }

  /** None: the file has one writer, and `open` returns the sums that it left. */
  async leftovers(): Promise<readonly Leftover[]> {
    return [];
  }

  async excess(before: number, most: number): Promise<Trimmed> {
    return this.guarded(() => {
      const total = this.count();
      const old = this.get(
        'SELECT count(*) AS n FROM (SELECT 1 FROM entries WHERE at < ? LIMIT ?)',
        before,
        MOST_TRIMMED,
      );
      // The newest entry stays: the next one is linked to it.
      const count = Math.min(Math.max(num(old?.n), total - most), total - 1, MOST_TRIMMED);
      const last =
        count > 0
          ? this.get('SELECT n, text, hash FROM entries ORDER BY n LIMIT 1 OFFSET ?', count - 1)
          : undefined;
      return last === undefined
        ? { count: 0, position: '0', through: [] }
        : { count, position: String(last.n), through: [headOf(last)] };
    });
  }

  async trim({ position }: Trimmed): Promise<void> {
    this.guarded(() => this.prepare('DELETE FROM entries WHERE n <= ?').run(Number(position)));
  }

  async size(): Promise<number> {
    return this.guarded(() => this.count());
  }

  async close(): Promise<void> {
    await this.checkpointer.close();
    try {
      this.db?.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.abandon();
      this.lock?.release();
      this.lock = undefined;
    }
  }

  private write({ entries, sums, finished }: Batch): void {
    let bytes = COMMIT_BYTES;
    const insert = this.prepare(INSERT);
    for (const { entry, text, hash } of entries) {
      const { action, result, actor, subject, owner, address, correlation_id: id } = entry;
      insert.run(
        Date.parse(entry.time),
        action,
        result,
        actor ?? null,
        subject ?? null,
        owner ?? null,
        address ?? null,
        id ?? null,
        text,
        hash,
      );
      bytes += text.length;
    }
    for (const key of finished) this.prepare('DELETE FROM sums WHERE key = ?').run(key);
    for (const { key, draft } of sums) {
      this.prepare('INSERT OR REPLACE INTO sums VALUES (?, ?)').run(key, JSON.stringify(draft));
    }
    this.checkpointer.grew(bytes);
  }

  /** Opens the file, unless it is open. */
  private connect(): void {
    if (this.db) return;
    const db = new DatabaseSync(this.options.file, { timeout: 1000 });
    this.db = db;
    const owner = num(db.prepare('PRAGMA application_id').get()?.application_id);
    const tables = num(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n);
    if (owner !== APPLICATION_ID && (owner !== 0 || tables !== 0)) {
      throw new Error('the file belongs to another program');
    }
    // NORMAL: a commit survives the death of the process. A power cut can lose the last
    // commits, and the chain then goes on from what is left.
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0',
    );
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    this.prepare('INSERT OR IGNORE INTO state VALUES (1, ?)').run(newId('k'));
    const chain = String(this.get('SELECT chain FROM state')?.chain);
    const last = this.get('SELECT text, hash FROM entries ORDER BY n DESC LIMIT 1');
    this.head = last ? headOf(last) : { chain, seq: 0, hash: GENESIS };
  }

  /**
   * Upper bound of the rows of a query. A row may be much younger than its action: a sum is
   * written at its end, and what waited for the store or for a start later still. So only the
   * index over the times knows the newest row; `+` makes SQLite use that one.
   */
  private topOf({ since, until }: AuditQuery): number {
    const { where, values } = conditions({ since, until });
    const row =
      until === undefined
        ? this.get('SELECT max(n) AS n FROM entries')
        : this.get(`SELECT max(+n) AS n FROM entries WHERE true${where}`, ...values);
    return num(row?.n) + 1;
  }

  /** Whether no row before this one has a time of the query. */
  private isEnd(n: number, { since, until }: AuditQuery): boolean {
    const { where, values } = conditions({ since, until });
    const column = where === '' ? 'n' : '+n';
    const sql = `SELECT 1 FROM entries WHERE ${column} < ?${where} LIMIT 1`;
    return this.get(sql, n, ...values) === undefined;
  }

  /** Of a stored entry. */
  private hashOf(seq: number): string | undefined {
    const back = this.head.seq - seq;
    const row = this.get(
      'SELECT hash FROM entries WHERE n = (SELECT max(n) FROM entries) - ?',
      back,
    );
    return row && String(row.hash);
  }

  /** The numbers have no hole: entries are added at the end and removed from the beginning. */
  private count(): number {
    const row = this.get(
      'SELECT (SELECT min(n) FROM entries) AS first, (SELECT max(n) FROM entries) AS last',
    );
    return row?.last == null ? 0 : num(row.last) - num(row.first) + 1;
  }

  private transaction(work: () => void): void {
    this.prepare('BEGIN IMMEDIATE').run();
    try {
      work();
      this.prepare('COMMIT').run();
    } catch (error) {
      if (this.db?.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof ChainBehind || error instanceof ChainTaken) throw error;
      if (error instanceof AuditStoreUnavailable) throw error;
      if (!isPassing(error)) this.abandon();
      throw new AuditStoreUnavailable(troubleOf(error), error);
    }
  }

  private abandon(): void {
    this.statements.clear();
    this.db?.close();
    this.db = undefined;
  }

  private get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...values);
  }

  private prepare(sql: string): StatementSync {
    this.connect();
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = (this.db as DatabaseSync).prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

function conditions(query: AuditQuery): { where: string; values: SQLInputValue[] } {
  const parts: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (part: string, ...given: SQLInputValue[]) => {
    parts.push(` AND ${part}`);
    values.push(...given);
  };
  if (query.since !== undefined) add('at >= ?', query.since);
  if (query.until !== undefined) add('at < ?', query.until);
  if (query.actions) add('action IN (SELECT value FROM json_each(?))', list(query.actions));
  if (query.actor !== undefined) add('actor = ?', query.actor);
  if (query.subject !== undefined) add('subject = ?', query.subject);
  if (query.address !== undefined) add('address = ?', query.address);
  if (query.result !== undefined) add('result = ?', query.result);
  if (query.correlationId !== undefined) add('correlation_id = ?', query.correlationId);
  if (query.principals) {
    const ids = list([...query.principals]);
    const isOne = (column: string) => `${column} IN (SELECT value FROM json_each(?))`;
    add(`(${isOne('actor')} OR ${isOne('subject')} OR ${isOne('owner')})`, ids, ids, ids);
  }
  return { where: parts.join(''), values };
}

function list(values: readonly string[]): string {
  return JSON.stringify(values);
}

function num(value: SQLOutputValue | undefined): number {
  return Number(value ?? 0);
}

function toLine(row: Row): AuditLine {
  return { text: String(row.text), hash: String(row.hash), position: String(row.n) };
}

function toRecord(row: Row): AuditRecord {
  const line = toLine(row);
  return { ...line, entry: JSON.parse(line.text) as ChainedEntry };
}

function headOf(row: Row): Head {
  const { chain, seq } = JSON.parse(String(row.text)) as ChainedEntry;
  return { chain, seq, hash: String(row.hash) };
}
