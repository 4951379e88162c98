import type { RedisClient } from '../../../redis/client.js';
import type { StreamEntry } from '../../../redis/stream-entry.js';
import type { Labels } from '../../../kernel/event-filter.js';
import { Semaphore } from '../../../kernel/semaphore.js';
import type { LoggedEvent } from '../../event.js';
import { later, ORIGIN, type Position } from '../../position.js';
import { EventIndex } from '../event-index.js';
import { FETCH_EVENTS, type Run } from '../stored-events.js';
import type { Counts } from '../event-counts.js';
import type { CountQuery, Page, ReadQuery } from '../event-log.js';
import { decodeEntry, labelsOf, storedEvent } from './entry.js';
import { READ_EVENTS, READ_ROWS, READ_RUNS } from './scripts.js';

/** Events of which one command reads the rows: Redis is busy for 1 to 2 ms. */
const ROWS = 1000;
/**
 * Reads of events under way at once. After a long outage every stream replays at the same
 * time. All at once, the reads would exceed the command timeout, and start again.
 */
const READS_AT_ONCE = 4;

/**
 * The index of one instance over the log in Redis. A read costs Redis only the events that
 * it returns and that are not in memory.
 *
 * `load` builds the index from the log, and `add` extends it with what the stream reader
 * delivers. Nothing of it is stored in Redis, so instances of different versions can share
 * a log.
 */
export class RedisLogIndex {
  private index: EventIndex;
  private isLoaded = false;
  /** Counts calls of `invalidate`: one may come while the index is loading. */
  private version = 0;
  private loading: Promise<void> | undefined;
  /** How far the load came that Redis did not answer to its end: the next one goes on from there. */
  private partial: { readonly version: number; readonly index: EventIndex } | undefined;
  private catchingUp: Promise<void> | undefined;
  /** Events that were added while the index was loading. */
  private added: LoggedEvent[] = [];
  private trimmedThrough: Position = ORIGIN;
  private readonly reads = new Semaphore(READS_AT_ONCE);

  constructor(
    private readonly redis: RedisClient,
    private readonly key: string,
    private readonly eventsInMemory: number,
  ) {
    this.index = new EventIndex(eventsInMemory);
  }

  /** New events at the end of the log, in order. */
  add(events: readonly LoggedEvent[]): void {
    if (this.isLoaded) for (const event of events) this.index.push(event);
    else if (this.loading) this.added.push(...events);
  }

  /** The log has trimmed the events up to this position. */
  dropThrough(position: Position): void {
    this.trimmedThrough = later(this.trimmedThrough, position);
    this.index.dropThrough(position);
  }

  /** Events may be missing from the index, or no longer be in the log: it is loaded again. */
  invalidate(): void {
    this.isLoaded = false;
    this.version += 1;
  }

  /**
   * Reads the whole log once, unless that has been done: the newest events with their JSON,
   * of the others only what a filter looks at.
   * @param newestNumber number of the newest event
   * @throws RedisUnavailable
   */
  async load(newestNumber: number): Promise<void> {
    while (!this.isLoaded) {
      this.loading ??= this.build(newestNumber).finally(() => {
        this.loading = undefined;
        this.added = [];
      });
      await this.loading;
    }
  }

  /**
   * Reads the events after the newest one of the index. For an instance whose stream reader
   * is interrupted.
   * @throws RedisUnavailable
   */
  async catchUp(): Promise<void> {
    this.catchingUp ??= this.extend(this.index).finally(() => (this.catchingUp = undefined));
    await this.catchingUp;
  }

  /** @throws RedisUnavailable */
  read(query: ReadQuery): Promise<Page> {
    return this.index.read(query, (runs) => this.reads.run(() => this.fetch(runs)));
  }

  /** @throws RedisUnavailable */
  count(query: CountQuery): Promise<Counts> {
    return this.index.count(query, (runs) => this.reads.run(() => this.fetch(runs)));
  }

  private async build(newestNumber: number): Promise<void> {
    const { version } = this;
    const index = (await this.begun()) ?? new EventIndex(this.eventsInMemory);
    this.partial = { version, index };
    await this.readRows(index, newestNumber - this.eventsInMemory);
    await this.extend(index);
    // The stream reader may have delivered more than the last command read, or less.
    for (const event of this.added) index.push(event);
    index.dropThrough(this.trimmedThrough);
    this.partial = undefined;
    this.index = index;
    this.isLoaded = version === this.version;
  }

  /**
   * What the last load has read, if its newest event is still in the log: a failover loses
   * the end of the log, so everything before it is still there too.
   */
  private async begun(): Promise<EventIndex | undefined> {
    const { version, index } = this.partial ?? {};
    if (version !== this.version || index?.newest === undefined) return undefined;
    const args = [this.key, index.newest, index.newest];
    const found = (await this.redis.send('XRANGE', args)) as StreamEntry[];
    return found.length > 0 ? index : undefined;
  }

  /** Rows of the events with numbers up to `through`. */
  private async readRows(index: EventIndex, through: number): Promise<void> {
    if (through <= 0) return;
    const ask = (after: Position) => this.redis.run(READ_ROWS, [this.key], [after, ROWS, through]);
    for (let asked: Promise<unknown> | undefined = ask(index.newest ?? ORIGIN); asked;) {
      const rows = readRows((await asked) as readonly string[]);
      const newest = rows.at(-1)?.position;
      // Redis reads the next ones while these are added.
      asked = newest !== undefined && rows.length === ROWS ? ask(newest) : undefined;
      for (const { position, labels } of rows) index.pushRow(position, labels);
    }
  }

  /** Events after the newest one of the index, up to the end of the log. */
  private async extend(index: EventIndex): Promise<void> {
    const ask = (after: Position) =>
      this.redis.run(READ_EVENTS, [this.key], [after, FETCH_EVENTS]) as Promise<string>;
    for (let asked: Promise<string> | undefined = ask(index.newest ?? ORIGIN); asked;) {
      const events = readEvents(await asked);
      const newest = events.at(-1)?.position;
      asked = newest !== undefined && events.length === FETCH_EVENTS ? ask(newest) : undefined;
      for (const event of events) index.push(event);
    }
  }

  private async fetch(runs: readonly Run[]): Promise<readonly LoggedEvent[]> {
    const args = runs.flatMap(({ first, last }) => [first, last]);
    const entries = (await this.redis.run(READ_RUNS, [this.key], args)) as StreamEntry[];
    return entries.map((entry) => decodeEntry(entry).event);
  }
}

/** What `read-rows.lua` returns. */
function readRows([rows = '', ...texts]: readonly string[]) {
  const all: Labels[] = [];
  for (let at = 0; at < texts.length; at += 3) {
    const [severity, type = '', module = ''] = texts.slice(at, at + 3);
    all.push(labelsOf(severity, type, module));
  }
  const words = rows === '' ? [] : rows.split(' ');
  const read: { readonly position: Position; readonly labels: Labels }[] = [];
  for (let at = 0; at < words.length; at += 2) {
    read.push({ position: words[at] as Position, labels: all[Number(words[at + 1])] as Labels });
  }
  return read;
}

/** What `read-events.lua` returns. */
function readEvents(text: string): LoggedEvent[] {
  const events = text === '' ? [] : (JSON.parse(text) as string[][]);
  return events.map(
    ([position = '', severity, type = '', module = '', json = '', publisher = '']) =>
      storedEvent({ ...labelsOf(severity, type, module), json, publisher }, position),
  );
}
