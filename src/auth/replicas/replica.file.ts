import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Subject } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import { StartRefusal } from '../../kernel/start-refusal.js';
import {
  ChangeInDoubt,
  Replica,
  ReplicaTable,
  timeAfter,
  type Entry,
  type EntryKind,
} from './replica.js';

/** The table cannot be used; the message names the file and says what to do. */
class TableFileError extends StartRefusal {
  constructor(file: string, table: string, what: string, cause?: unknown) {
    super(
      `${file}, the list of ${table}, ${what}. Put a good copy in its place. Without it, what was decided there no longer holds: if you move it away, repeat those decisions.`,
      { cause },
    );
    this.name = 'TableFileError';
  }
}

/** Until what could not be written is tried again, milliseconds. */
const RETRY_MS = 5_000;

/** The table of one instance, in one small JSON file. */
export class FileReplica<E extends Entry> extends Replica<E> {
  readonly updates = new Subject<readonly E[]>();
  private readonly table: ReplicaTable<E>;
  private writing: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;

  /**
   * @param convert turns the content of an earlier format into a list
   * @throws StartRefusal when the file cannot be read: a revoked principal must not be admitted for that
   */
  constructor(
    kind: EntryKind<E>,
    private readonly file: string,
    private readonly clock: Pick<Clock, 'now'>,
    convert: (content: unknown) => unknown = (content) => content,
  ) {
    super();
    this.table = new ReplicaTable(kind);
    this.table.merge(read(kind, file, convert));
  }

  requireKnown(): void {
    // There is no other copy.
  }

  get(key: string): E | undefined {
    return this.table.get(key);
  }

  entries(): readonly E[] {
    return this.table.entries;
  }

  async update(key: string, change: (current: E | undefined, at: number) => E): Promise<E> {
    const current = this.table.get(key);
    const entry = change(current, timeAfter(current, this.clock.now()));
    const news = this.table.merge([entry]);
    if (news.length > 0) this.updates.next(news);
    try {
      await this.save();
    } catch (cause) {
      this.retryLater();
      throw new ChangeInDoubt(
        'The decision is in effect, but could not be written to the data directory and would not survive a restart. Make it possible to write there; that is tried again every few seconds.',
        5,
        cause,
      );
    }
    return entry;
  }

  /** Writes run one after the other; each writes every entry that exists when it starts. */
  private save(): Promise<void> {
    this.writing = this.writing.catch(() => undefined).then(() => this.write());
    return this.writing;
  }

  /** A repeated request may find nothing left to decide, and so nothing to write. */
  private retryLater(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.save().catch(() => this.retryLater());
    }, RETRY_MS).unref();
  }

  /** A new file replaces the old one in one step, so the file is complete at any time. */
  private async write(): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.new`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(this.table.entries, null, 2));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, this.file);
  }
}

function read<E extends Entry>(
  kind: EntryKind<E>,
  file: string,
  convert: (content: unknown) => unknown,
): E[] {
  if (!existsSync(file)) return [];
  const fault = (what: string, cause?: unknown) => new TableFileError(file, kind.name, what, cause);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw fault(`cannot be read: ${(cause as Error).message}`, cause);
  }
  const rows = convert(content);
  if (!Array.isArray(rows)) throw fault('holds no list');
  return rows.map((row: unknown) => {
    const entry = kind.parse(row);
    if (!entry) throw fault('holds an entry that is none');
    return entry;
  });
}
