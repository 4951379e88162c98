import { Subject } from 'rxjs';
import type { Clock } from '../../../kernel/clock.js';
import type { Logger } from '../../../kernel/logger.js';
import { ProblemError } from '../../../kernel/problem.js';
import type { RedisClient } from '../../../redis/client.js';
import type { StreamEntry } from '../../../redis/stream-entry.js';
import type { RedisStreamReader, StreamConsumer } from '../../../redis/stream-reader.js';
import { RedisUnavailable } from '../../../redis/unavailable.js';
import type { LoggedEvent, NewEvent } from '../../event.js';
import { comparePositions, ORIGIN, type Position } from '../../position.js';
import type { Counts } from '../event-counts.js';
import {
  EventLog,
  type Appended,
  type Bounds,
  type Break,
  type CountQuery,
  type Page,
  type ReadQuery,
} from '../event-log.js';
import { RedisAppender } from './appender.js';
import { RedisLogIndex } from './log-index.js';
import { READ_STATE } from './scripts.js';
import { boundsOf, LogTail, type LogState } from './tail.js';

export interface RedisEventLogOptions {
  /** Greatest number of events held. */
  readonly length: number;
  /** Greatest age of an event, milliseconds; 0: no limit. */
  readonly maxAgeMs: number;
  /** Greatest number of events that this instance also holds in memory. */
  readonly ringLength: number;
  /** Replicas that must have an event before `append` resolves. */
  readonly replicas: number;
}

/**
 * The log of all instances: one Redis stream, whose ids are the positions. Each instance
 * reads the stream as it grows, and keeps an index of it. While the reader is live, opening
 * a stream asks Redis only for events that are not in memory.
 */
export class RedisEventLog extends EventLog implements StreamConsumer {
  readonly tail = new Subject<readonly LoggedEvent[]>();
  override readonly gaps = new Subject<Position>();
  readonly key: string;
  private readonly meta: string;
  private readonly appender: RedisAppender;
  private readonly index: RedisLogIndex;
  private readonly local = new LogTail();
  private readonly appends = new Set<Promise<unknown>>();
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
    this.index = new RedisLogIndex(redis, this.key, Math.min(options.ringLength, options.length));
    this.appender = new RedisAppender(redis, options, clock);
    reader.add(this);
  }

  get position(): Position {
    return this.local.position;
  }

  /** Waits for Redis, which may go away while the log is being read. */
  async open(): Promise<void> {
    await this.redis.whenAnswering('to open the event log', async () => {
      this.local.begin(await this.readState({ opens: true }));
      await this.index.load(this.local.number);
    });
    this.opened = true;
  }

  async append(events: readonly NewEvent[]): Promise<Appended> {
    this.mustBeOpen();
    if (events.length === 0) return { positions: [], duplicates: 0 };
    const appending = this.appender.append(events, this.local.known);
    const settled = appending.catch(() => undefined);
    this.appends.add(settled);
    try {
      const appended = await appending;
      this.local.expect(appended.positions);
      return appended;
    } finally {
      this.appends.delete(settled);
    }
  }

  async read(query: ReadQuery): Promise<Page> {
    this.mustBeOpen();
    return translated(async () => {
      await this.updateIndex();
      return this.index.read(query);
    });
  }

  async count(query: CountQuery): Promise<Counts> {
    this.mustBeOpen();
    return translated(async () => {
      await this.updateIndex();
      return this.index.count(query);
    });
  }

  async bounds(reaching: Position = ORIGIN): Promise<Bounds> {
    this.mustBeOpen();
    const isNear =
      (await this.hasReadAll()) && comparePositions(reaching, this.local.position) <= 0;
    return isNear ? this.local.bounds : boundsOf(await translated(() => this.readState()));
  }

  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = false;
    while (this.appends.size > 0) await Promise.all(this.appends);
    this.tail.complete();
    this.gaps.complete();
  }

  cursor(): string {
    return this.position;
  }

  /** After an interruption Redis may be another server, or may have lost entries. */
  async resume(): Promise<void> {
    await this.compare();
  }

  interrupted(): void {
    this.local.wake();
  }

  take(entries: readonly StreamEntry[]): void {
    const { events, missing, missingThrough } = this.local.take(entries);
    if (missing !== undefined) this.index.invalidate();
    this.index.add(events);
    this.index.dropThrough(this.local.trimmedThrough);
    if (missing === 'trimmed') {
      this.emitGap('the log trimmed events before this instance read them', missingThrough);
    }
    if (missing === 'lost') void this.reportLoss();
    if (events.length > 0) this.tail.next(events);
  }

  /**
   * Compares the state of the log with what was read. It finds a loss, and trims what is too
   * old, even when no new entry arrives that would show it.
   */
  async compare(): Promise<void> {
    const { number } = this.local;
    const state = await this.readState();
    if (this.local.hasLost(state, number)) this.index.invalidate();
    this.local.trim(state);
    this.index.dropThrough(this.local.trimmedThrough);
    this.setLost(state.lost);
  }

  /** `compare`, on a schedule. An interrupted reader compares when it resumes. */
  async compareWhileLive(): Promise<void> {
    if (!this.reader.live) return;
    try {
      await this.compare();
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) throw err;
      this.logger.warn({ err }, 'the state of the event log could not be read; it is read again');
    }
  }

  /** Records in Redis that accepted events are missing, so that every instance learns of it. */
  private async reportLoss(): Promise<void> {
    try {
      const { lost } = await this.readState({ hasLoss: true });
      this.setLost(lost);
    } catch (err) {
      // The next comparison finds the loss again.
      this.logger.warn({ err }, 'a loss of events could not be recorded yet');
    }
  }

  private setLost(lost: Position): void {
    if (this.local.setLost(lost)) this.emitGap('Redis lost the end of the event log', lost);
  }

  private emitGap(reason: string, through: Position): void {
    this.logger.warn({ reason, through }, 'events are missing; every stream gets a gap event');
    this.gaps.next(through);
  }

  /**
   * @param hasLoss whether events up to the greatest position known here are missing
   * @param opens whether this instance opens the log
   */
  private async readState({ hasLoss = false, opens = false } = {}): Promise<LogState> {
    const answer = await this.redis.run(
      READ_STATE,
      [this.key, this.meta],
      [
        this.local.known,
        hasLoss ? '1' : '0',
        this.local.position,
        this.local.number,
        this.options.maxAgeMs,
        opens ? '1' : '0',
      ],
    );
    const [time, last, seq, floor, nfloor, oldest, lost, began, breaks, at, before] = answer as [
      number,
      ...[string, number, string, number, string, string, string, string, string?, number?],
    ];
    this.appender.setTime(time);
    const state = {
      last,
      seq,
      floor,
      nfloor,
      lost,
      began,
      breaks: readBreaks(breaks),
      oldest: oldest === '' ? undefined : oldest,
      before:
        at === undefined || before === undefined ? undefined : { position: at, number: before },
    };
    this.local.trim(state);
    this.index.dropThrough(this.local.trimmedThrough);
    return state;
  }

  /**
   * Whether this instance has read all events that it appended; waits for those that are on
   * their way. False: the stream reader is interrupted.
   */
  private async hasReadAll(): Promise<boolean> {
    while (this.reader.live && !this.local.isComplete) await this.local.changed();
    return this.reader.live;
  }

  /** Makes the index complete up to the end of the log. */
  private async updateIndex(): Promise<void> {
    const isLive = await this.hasReadAll();
    // After the wait: entries that were read meanwhile may have invalidated the index.
    await this.index.load(this.local.number);
    if (!isLive) await this.index.catchUp();
  }

  private mustBeOpen(): void {
    if (this.opened) return;
    throw new ProblemError('event_log_unavailable', 'The event log is not open. Try again later.');
  }
}

/** What `read-state.lua` returns of them. */
function readBreaks(text: string): Break[] {
  const positions = text.split(' ');
  const breaks: Break[] = [];
  for (let i = 0; i + 1 < positions.length; i += 2) {
    breaks.push({ after: positions[i] ?? ORIGIN, until: positions[i + 1] ?? ORIGIN });
  }
  return breaks;
}

/** @throws ProblemError event_log_unavailable for RedisUnavailable */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RedisUnavailable)) throw error;
    throw new ProblemError(
      'event_log_unavailable',
      'The event log does not answer. Try again after the time in Retry-After.',
      { cause: error },
    );
  }
}
