import { setTimeout as delay } from 'node:timers/promises';
import { Subject } from 'rxjs';
import type { Clock } from '../../../kernel/clock.js';
import type { Logger } from '../../../kernel/logger.js';
import { ProblemError } from '../../../kernel/problem.js';
import { Semaphore } from '../../../kernel/semaphore.js';
import { backoff } from '../../../redis/backoff.js';
import type { RedisClient } from '../../../redis/client.js';
import type { StreamEntry } from '../../../redis/stream-entry.js';
import type { RedisStreamReader, StreamConsumer } from '../../../redis/stream-reader.js';
import { RedisUnavailable } from '../../../redis/unavailable.js';
import { EventLog, type Appended, type Bounds, type Page, type ReadQuery } from '../event-log.js';
import { RedisAppender } from './appender.js';
import { READ_STATE } from './scripts.js';
import { EventRing } from '../event-ring.js';
import { newestFirst, readPage, type LogEntry, type Range } from './pages.js';
import { boundsOf, LogTail, type LogState } from './tail.js';
import type { LoggedEvent, NewEvent } from '../../event.js';
import { comparePositions, ORIGIN, type Position } from '../../position.js';

/**
 * After a long outage every stream wants its replay in the same moment. All at
 * once they would take so long that commands time out, and all begin again.
 */
const READS_AT_ONCE = 4;

export interface RedisEventLogOptions {
  /** Greatest number of events held. */
  readonly length: number;
  /** Milliseconds that an event is held at most; 0: no limit. */
  readonly maxAgeMs: number;
  /** Greatest number of events that this instance also holds in memory. */
  readonly ringLength: number;
  /** Replicas that must have an event before `append` resolves. */
  readonly replicas: number;
}

/**
 * The log of all instances, one Redis stream; its positions are the stream's
 * ids. Each instance follows the stream and answers from its memory what it has
 * read: while it is live, opening a stream asks Redis nothing.
 */
export class RedisEventLog extends EventLog implements StreamConsumer {
  readonly tail = new Subject<readonly LoggedEvent[]>();
  override readonly gaps = new Subject<Position>();
  readonly key: string;
  private readonly meta: string;
  private readonly appender: RedisAppender;
  private readonly ring: EventRing;
  private readonly local: LogTail;
  private readonly pending = new Set<Promise<unknown>>();
  /** Of reads that memory cannot answer, each of which may go through all of the log. */
  private readonly turns = new Semaphore(READS_AT_ONCE);
  private opened = false;

  constructor(
    private readonly redis: RedisClient,
    private readonly reader: RedisStreamReader,
    private readonly options: RedisEventLogOptions,
    clock: Clock,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.key = redis.key('events', 'log');
    this.meta = redis.key('events', 'meta');
    this.ring = new EventRing(Math.min(options.ringLength, options.length));
    this.local = new LogTail(this.ring);
    this.appender = new RedisAppender(redis, options, clock);
    reader.add(this);
  }

  /** Waits for as long as Redis is away: it may go between connecting and reading. */
  async open(): Promise<void> {
    for (let failures = 0; !this.opened;) {
      try {
        await this.begin();
        this.opened = true;
      } catch (err) {
        if (!(err instanceof RedisUnavailable)) throw err;
        failures += 1;
        if (failures === 1) this.logger.warn({ err }, 'the log cannot be opened yet');
        await delay(backoff(failures));
      }
    }
  }

  async append(events: readonly NewEvent[]): Promise<Appended> {
    this.mustBeOpen();
    if (events.length === 0) return { positions: [], duplicates: 0 };
    const appending = this.appender.append(events, this.local.known);
    const settled = appending.catch(() => undefined);
    this.pending.add(settled);
    try {
      const appended = await appending;
      this.local.promise(appended.positions);
      return appended;
    } finally {
      this.pending.delete(settled);
    }
  }

  async read(query: ReadQuery): Promise<Page> {
    this.mustBeOpen();
    const page = (await this.caughtUp())
      ? this.ring.read(query, this.local.bounds.floor)
      : undefined;
    return page ?? (await this.asking(() => this.turns.run(() => readPage(query, this.range))));
  }

  async bounds(reaching: Position = ORIGIN): Promise<Bounds> {
    this.mustBeOpen();
    const near = (await this.caughtUp()) && comparePositions(reaching, this.local.position) <= 0;
    return near ? this.local.bounds : boundsOf(await this.asking(() => this.meet()));
  }

  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = false;
    while (this.pending.size > 0) await Promise.all(this.pending);
    this.tail.complete();
    this.gaps.complete();
  }

  cursor(): string {
    return this.local.position;
  }

  /** The store may be another one than before, or may have lost what it had. */
  async resume(): Promise<void> {
    await this.compare();
  }

  interrupted(): void {
    this.local.wake();
  }

  take(entries: readonly StreamEntry[]): void {
    const { events, missing, floor } = this.local.take(entries);
    if (missing === 'trimmed') this.gap('the log was trimmed before it was read', floor);
    if (missing === 'lost') void this.report();
    if (events.length > 0) this.tail.next(events);
  }

  /**
   * Asks the log how it stands, and tells of what is missing: also when nothing
   * new comes that would show it.
   */
  async compare(): Promise<void> {
    const { read } = this.local;
    const state = await this.meet();
    if (this.local.shrunk(state, read)) await this.report();
    else this.learn(state.lost);
  }

  /** `compare`, for the schedule: an interrupted follower compares when it resumes. */
  async compareWhileLive(): Promise<void> {
    if (!this.reader.live) return;
    try {
      await this.compare();
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) throw err;
      this.logger.warn({ err }, 'the log could not be compared; it is tried again in a while');
    }
  }

  /** Events were accepted and are gone: every instance is to know. */
  private async report(): Promise<void> {
    try {
      const { lost } = await this.meet(true);
      this.learn(lost);
    } catch (err) {
      // The next comparison finds it again.
      this.logger.warn({ err }, 'a loss of events could not be reported yet');
    }
  }

  private learn(lost: Position): void {
    if (this.local.learn(lost)) this.gap('Redis lost the end of the log', lost);
  }

  private gap(reason: string, through: Position): void {
    this.logger.warn({ reason, through }, 'events are missing; every stream is told');
    this.gaps.next(through);
  }

  private async begin(): Promise<void> {
    const state = await this.meet();
    this.local.begin(state);
    const { floor } = boundsOf(state);
    const limit = Math.min(this.options.ringLength, this.options.length) + 1;
    this.ring.fill(await newestFirst(state.last, limit, this.range), floor);
  }

  private async meet(lost = false): Promise<LogState> {
    const answer = await this.redis.run(
      READ_STATE,
      [this.key, this.meta],
      [this.local.known, lost ? '1' : '0'],
    );
    const [now, last, seq, floor, nfloor, oldest, known] = answer as [
      number,
      ...[string, number, string, number, string, string],
    ];
    this.appender.sawTime(now);
    return { last, seq, floor, nfloor, oldest: oldest === '' ? undefined : oldest, lost: known };
  }

  /** Whether memory knows all that this instance has appended; waits for it while it comes. */
  private async caughtUp(): Promise<boolean> {
    while (this.reader.live && !this.local.complete) await this.local.next();
    return this.reader.live;
  }

  private readonly range: Range = async (command, from, to, count) =>
    (await this.redis.send(command, [this.key, from, to, 'COUNT', count])) as LogEntry[];

  private async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      throw new ProblemError(
        'event_log_unavailable',
        'The event log does not answer. Try again as Retry-After says.',
        { cause: error },
      );
    }
  }

  private mustBeOpen(): void {
    if (this.opened) return;
    throw new ProblemError('event_log_unavailable', 'The event log is not open. Try again later.');
  }
}
