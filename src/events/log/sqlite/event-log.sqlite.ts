import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isNativeError } from 'node:util/types';
import { Subject } from 'rxjs';
import type { Clock } from '../../../kernel/clock.js';
import type { Logger } from '../../../kernel/logger.js';
import { ProblemError } from '../../../kernel/problem.js';
import { Draft } from '../draft.js';
import type { Counts } from '../event-counts.js';
import {
  DEDUPLICATION_MS,
  EventLog,
  type Appended,
  type Bounds,
  type CountQuery,
  type Page,
  type ReadQuery,
} from '../event-log.js';
import type { LoggedEvent, NewEvent } from '../../event.js';
import type { Position } from '../../position.js';
import { numberToPosition } from '../position-number.js';
import { RecentIds } from '../recent-ids.js';
import { SqliteCheckpointer } from '../../../sqlite/checkpointer.js';
import { isFull, isPassing, troubleOf } from '../../../sqlite/errors.js';
import { startError } from './errors.js';
import { SqliteFile, TRIAL_BYTES } from './file.js';
import { SqliteLock } from '../../../sqlite/lock.js';
import { SqliteLogIndex } from './log-index.js';

/** One commit takes appends up to this, so that a flood does not stop the event loop. */
const COMMIT_EVENTS = 256;
const COMMIT_CHARS = 1024 * 1024;
/** JSON characters that may wait for their commit; above it, appends are refused. */
const MOST_WAITING_CHARS = 64 * 1024 * 1024;
/** Least time between two attempts to open the file again after a failure, milliseconds. */
const RETRY_MS = 250;
/** Pages that a commit writes besides its events. */
const COMMIT_BYTES = 2 * 4096;

export interface SqliteEventLogOptions {
  /** Created with its directory when absent. SQLite and the lock create files next to it. */
  readonly file: string;
  /** Greatest number of events held. */
  readonly length: number;
  /** Greatest number of events that are also held in memory. */
  readonly ringLength: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface Append {
  readonly events: readonly NewEvent[];
  readonly chars: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The durable log of one instance: an SQLite file, and an index of it in memory.
 *
 * Appends of one turn of the event loop are committed together, before their
 * promises resolve. Each append is still kept as a whole or not at all. A kill -9
 * loses nothing. A power cut can lose the last few megabytes, see `openDatabase`.
 */
export class SqliteEventLog extends EventLog {
  readonly tail = new Subject<readonly LoggedEvent[]>();
  private readonly index: SqliteLogIndex;
  private readonly checkpointer: SqliteCheckpointer;
  private recent = new RecentIds();
  private lock: SqliteLock | undefined;
  /** Absent after a failure, until the next attempt. */
  private file: SqliteFile | undefined;
  private last = 0;
  /** Monotonic milliseconds. */
  private retryAt = 0;
  private waiting: Append[] = [];
  private waitingChars = 0;
  private scheduled = false;
  /** The failure of the last attempt; absent while the file works. */
  private trouble: Error | undefined;

  constructor(private readonly options: SqliteEventLogOptions) {
    super();
    const { file, length, ringLength, logger } = options;
    this.index = new SqliteLogIndex(Math.min(ringLength, length));
    this.checkpointer = new SqliteCheckpointer(
      file,
      () => this.schedule(),
      (reason) => logger.warn({ file, reason }, 'event log: a checkpoint failed'),
    );
  }

  get position(): Position {
    return numberToPosition(this.file?.bounds.newest ?? this.last);
  }

  /** @throws EventLogFileError naming the file and what to do */
  async open(): Promise<void> {
    try {
      mkdirSync(dirname(this.options.file), { recursive: true, mode: 0o700 });
      this.lock = SqliteLock.take(`${this.options.file}.lock`);
      await this.index.load(this.connect());
    } catch (error) {
      this.file?.abandon();
      this.file = undefined;
      this.lock?.release();
      this.lock = undefined;
      throw startError(this.options.file, error);
    }
  }

  async append(events: readonly NewEvent[]): Promise<Appended> {
    if (!this.lock) throw notOpen();
    if (this.waitingChars > MOST_WAITING_CHARS) throw unavailable('the disk is too slow');
    return new Promise<Appended>((resolve, reject) => {
      const chars = events.reduce((sum, { json }) => sum + json.length, 0);
      this.waiting.push({ events, chars, resolve, reject });
      this.waitingChars += chars;
      this.schedule();
    });
  }

  async read(query: ReadQuery): Promise<Page> {
    return this.guarded((file) => this.index.read(file, query));
  }

  async count(query: CountQuery): Promise<Counts> {
    return this.guarded((file) => this.index.count(file, query));
  }

  async bounds(): Promise<Bounds> {
    return this.guarded(({ bounds: { trimmedThrough, breaks, oldest, newest, length } }) => ({
      trimmedThrough: numberToPosition(trimmedThrough),
      breaks,
      oldest: oldest === undefined ? undefined : numberToPosition(oldest),
      newest: numberToPosition(newest),
      length,
    }));
  }

  /**
   * After a failed append, a write decides: the append that would show that the disk has
   * room again never comes while this instance is not ready.
   */
  override async check(): Promise<void> {
    try {
      await this.guarded((file) => {
        if (this.trouble === undefined) return;
        file.tryWrite();
        this.checkpointer.grew(TRIAL_BYTES);
        this.recover();
      });
    } catch (error) {
      if (!(error instanceof ProblemError) || !isFull(error.cause)) throw error;
      throw new ProblemError(
        'event_log_full',
        'No space is left on the disk of the event log, so no event is accepted. Make room on the disk that holds VX11_DATA_DIR; this instance recovers by itself.',
        { retryAfterSec: 2, cause: error },
      );
    }
  }

  async close(): Promise<void> {
    if (!this.lock) return;
    while (this.waiting.length > 0) this.commit(this.nextGroup());
    const { lock, file } = this;
    this.lock = undefined;
    this.file = undefined;
    await this.checkpointer.close();
    this.tail.complete();
    try {
      file?.close();
    } catch (error) {
      // Nothing is lost: what was not moved into the file is still in the write-ahead log.
      const { file: path, logger } = this.options;
      logger.warn({ file: path, err: error }, 'event log: not closed cleanly');
    }
    lock.release();
  }

  private connect(): SqliteFile {
    const { file: path, length, clock } = this.options;
    const now = clock.monotonic();
    if (this.trouble !== undefined && now < this.retryAt) throw this.trouble;
    this.retryAt = now + RETRY_MS;
    const file = new SqliteFile(path, length);
    this.last = Math.max(this.last, file.bounds.newest);
    this.recent = new RecentIds();
    for (const { key, at } of file.recentKeys(clock.now() - DEDUPLICATION_MS)) {
      this.recent.add(key, at);
    }
    this.file = file;
    return file;
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.checkpointer.holding) return;
    this.scheduled = true;
    // After the poll phase, so that requests that arrived together share one commit.
    setImmediate(() => {
      this.scheduled = false;
      if (this.waiting.length === 0 || this.checkpointer.holding) return;
      this.commit(this.nextGroup());
      this.schedule();
    });
  }

  private nextGroup(): Append[] {
    let events = 0;
    let chars = 0;
    const end = this.waiting.findIndex((append, index) => {
      events += append.events.length;
      chars += append.chars;
      return index > 0 && (events > COMMIT_EVENTS || chars > COMMIT_CHARS);
    });
    const group = this.waiting.splice(0, end === -1 ? this.waiting.length : end);
    for (const append of group) this.waitingChars -= append.chars;
    return group;
  }

  private commit(group: readonly Append[]): void {
    let results: Appended[];
    let events: LoggedEvent[];
    try {
      const file = this.file ?? this.connect();
      const draft = new Draft(this.recent, this.last, this.options.clock.now());
      results = group.map((append) => draft.add(append.events));
      events = draft.events.map(({ event }) => event);
      // Even if the commit fails: no number is used twice.
      this.last = draft.last;
      if (events.length > 0) file.commit(draft, this.index.takeBlocks());
      draft.keep();
      this.index.add(file, events);
    } catch (error) {
      const problem = this.fail(error);
      for (const append of group) append.reject(problem);
      return;
    }
    if (events.length > 0) {
      this.recover();
      this.checkpointer.grew(COMMIT_BYTES + group.reduce((sum, { chars }) => sum + chars, 0));
      this.tail.next(events);
    }
    for (const [index, result] of results.entries()) group[index]?.resolve(result);
  }

  private async guarded<T>(work: (file: SqliteFile) => T | Promise<T>): Promise<T> {
    if (!this.lock) throw notOpen();
    try {
      return await work(this.file ?? this.connect());
    } catch (error) {
      throw this.lock ? this.fail(error) : notOpen();
    }
  }

  private fail(error: unknown): ProblemError {
    const { file, logger } = this.options;
    const reason = troubleOf(error);
    if (this.trouble === undefined) logger.error({ file, err: error }, `event log: ${reason}`);
    this.trouble = isNativeError(error) ? error : new Error(String(error));
    if (!isPassing(error)) {
      this.file?.abandon();
      this.file = undefined;
    }
    return unavailable(reason, error);
  }

  private recover(): void {
    if (this.trouble === undefined) return;
    this.trouble = undefined;
    this.options.logger.info({ file: this.options.file }, 'event log: works again');
  }
}

function unavailable(trouble: string, cause?: unknown): ProblemError {
  return new ProblemError(
    'event_log_unavailable',
    `The event log is unavailable: ${trouble}. No event was kept. Send the request again after the time in Retry-After.`,
    { cause },
  );
}

function notOpen(): ProblemError {
  return new ProblemError('event_log_unavailable', 'The event log is not open. Try again later.');
}
