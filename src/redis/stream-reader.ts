import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Logger } from '../kernel/logger.js';
import { backoff } from './backoff.js';
import type { RedisClient } from './redis-client.js';

/** How long one read waits for something new, milliseconds. */
const BLOCK_MS = 1_000;
/** Entries of each stream that one read takes. */
const BATCH = 500;

/** An entry of a Redis stream: its id, and its fields as name, value, name, value … */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** A Redis stream that somebody wants to follow. */
export interface Followed {
  readonly key: string;
  /** Only entries after this id are wanted. */
  cursor(): string;
  /** Called before reading begins, also after each interruption. Rejecting means: try again. */
  resume(): Promise<void>;
  /** From now on `live` is false, until the next `resume`. */
  interrupted?(): void;
  /** New entries, in order, each once. Moves the cursor. */
  take(entries: readonly StreamEntry[]): void;
}

/**
 * The one blocking reader of an instance: follows several streams of one slot by
 * one XREAD on a connection of its own, which is thrown away when it fails.
 */
export class RedisStreamReader {
  private readonly streams: Followed[] = [];
  private connection: Redis | undefined;
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;
  private reading = false;

  constructor(
    private readonly redis: RedisClient,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {}

  /** Whether what is new arrives: false from the first sign of an interruption on. */
  get live(): boolean {
    return this.reading;
  }

  /** Before `start`. All streams share one hash tag. */
  follow(stream: Followed): void {
    this.streams.push(stream);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Gives the connection up for a new one: it may be one that nothing comes through. */
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
        if (failures > 0) this.logger.info({ failures }, 'following Redis again');
        failures = 0;
        while (!signal.aborted) await this.read();
      } catch (err) {
        if (!signal.aborted && failures === 0) {
          this.logger.warn({ err }, 'following Redis was interrupted');
        }
      }
      failures += 1;
      this.reading = false;
      for (const stream of this.streams) stream.interrupted?.();
      this.connection?.disconnect();
      // Aborting ends the wait early, and the loop with it.
      await delay(backoff(failures), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async connect(): Promise<void> {
    const [first] = this.streams;
    if (!first) throw new Error('there is no stream to follow');
    this.connection = await this.redis.blocking(first.key, BLOCK_MS);
    for (const stream of this.streams) await stream.resume();
    this.reading = true;
  }

  private async read(): Promise<void> {
    const { connection, streams } = this;
    const answer = (await connection?.call('XREAD', [
      'COUNT',
      BATCH,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      ...streams.map(({ key }) => key),
      ...streams.map((stream) => stream.cursor()),
    ])) as [key: string, entries: StreamEntry[]][] | null;
    for (const [key, entries] of answer ?? []) {
      streams.find((stream) => stream.key === key)?.take(entries);
    }
  }
}
