import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from '../kernel/logger.js';
import { backoff } from './backoff.js';
import type { RedisClient } from './client.js';
import type { StreamEntry } from './stream-entry.js';

/** Longest time that one read waits for new entries, milliseconds. */
const BLOCK_MS = 1_000;
/** Most entries of each stream in one read. */
const BATCH = 500;

/** Receives the entries of one Redis stream. */
export interface StreamConsumer {
  readonly key: string;
  /** Id of the last entry that the consumer has; the next read starts after it. */
  cursor(): string;
  /** Called before reading starts, and again after each interruption. A rejection is retried. */
  resume(): Promise<void>;
  /** Reading has stopped: `live` is false until the next `resume`. */
  interrupted?(): void;
  /** New entries, in order, each once. The consumer moves its cursor. */
  take(entries: readonly StreamEntry[]): void;
}

/**
 * The one blocking reader of an instance. It reads several streams of one slot
 * with one XREAD, on a connection of its own that is replaced after a failure.
 */
export class RedisStreamReader {
  private readonly consumers: StreamConsumer[] = [];
  private connection: Redis | undefined;
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;
  private reading = false;

  constructor(
    private readonly redis: RedisClient,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Whether new entries arrive. False from the first sign of an interruption on. */
  get live(): boolean {
    return this.reading;
  }

  /** Call it before `start`. The keys of all consumers share one hash tag. */
  add(consumer: StreamConsumer): void {
    this.consumers.push(consumer);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Replaces the connection, which may be one that delivers nothing any more. */
  renew(): void {
    this.connection?.disconnect();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.connection?.disconnect();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.connect();
        if (failures > 0) this.logger.info({ failures }, 'reading the streams of Redis again');
        failures = 0;
        while (!signal.aborted) await this.read();
      } catch (err) {
        if (!signal.aborted && failures === 0) {
          this.logger.warn({ err }, 'reading the streams of Redis was interrupted');
        }
      }
      failures += 1;
      this.reading = false;
      for (const consumer of this.consumers) consumer.interrupted?.();
      this.connection?.disconnect();
      // `stop` aborts the delay; the loop then ends.
      await delay(backoff(failures), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async connect(): Promise<void> {
    const [first] = this.consumers;
    if (!first) throw new Error('the stream reader has no consumer');
    this.connection = await this.redis.blocking(first.key, BLOCK_MS);
    for (const consumer of this.consumers) await consumer.resume();
    this.reading = true;
  }

  private async read(): Promise<void> {
    const { connection, consumers } = this;
    const answer = (await connection?.call('XREAD', [
      'COUNT',
      BATCH,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      ...consumers.map(({ key }) => key),
      ...consumers.map((consumer) => consumer.cursor()),
    ])) as [key: string, entries: StreamEntry[]][] | null;
    for (const [key, entries] of answer ?? []) {
      consumers.find((consumer) => consumer.key === key)?.take(entries);
    }
  }
}
