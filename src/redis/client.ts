import { setTimeout as delay } from 'node:timers/promises';
import { ReplyError, type Cluster, type Redis } from 'ioredis';
import { ConfigError } from '../config/config.js';
import type { Logger } from '../kernel/logger.js';
import { backoff } from './backoff.js';
import { blockingConnection, commandConnection } from './connection.js';
import type { LuaScript } from './lua-script.js';
import { describeRedis, type HostPort, type RedisSettings } from './settings.js';
import { RedisUnavailable } from './unavailable.js';

export type RedisArgument = string | number | Buffer;

/** Redis refuses our credentials. A retry cannot succeed. */
const REFUSALS = /^(?:WRONGPASS|NOAUTH|NOPERM)/;
const REMINDER_MS = 10_000;
/** Longest time to connect, in command timeouts: to each of three Sentinels, then to the server. */
const CONNECT_TIMEOUTS = 5;

/**
 * The connection of one process to Redis: to one server, to the master that Sentinels name,
 * or to a cluster. Every command has a timeout. While there is no connection, commands fail
 * at once, and the client reconnects with jitter.
 */
export class RedisClient {
  private readonly connection: Redis | Cluster;
  private readonly where: string;
  private lastError: Error | undefined;
  private away = false;
  /** How often in a row ioredis gave up the connection. */
  private endings = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly settings: RedisSettings,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
  ) {
    this.where = describeRedis(settings);
    this.connection = commandConnection(settings);
    this.connection.on('error', (error: Error) => (this.lastError = error));
    this.connection.on('node error', (error: Error) => (this.lastError = error));
    this.connection.on('ready', () => this.back());
    this.connection.on('close', () => this.lost());
    this.connection.on('end', () => void this.seekAgain());
  }

  /** Whether commands can be sent now. */
  get connected(): boolean {
    return this.connection.status === 'ready';
  }

  /** The connection itself, for a library that sends its own commands. */
  get forLibraries(): Redis | Cluster {
    return this.connection;
  }

  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }

  /**
   * The full name of a key. Keys of one group share a slot of a cluster, so that one script
   * can use several of them.
   */
  key(group: string, ...rest: string[]): string {
    return [`{${this.settings.prefix}:${group}}`, ...rest].join(':');
  }

  /**
   * Connects. Retries without a limit, and logs every ten seconds that it waits.
   * @throws ConfigError when Redis refuses the user or the password
   * @throws RedisUnavailable when the client is closed before it has connected
   */
  async connect(): Promise<void> {
    const { connection } = this;
    await new Promise<void>((resolve, reject) => {
      const reminder = setInterval(() => this.remind(), REMINDER_MS);
      const settle = (error?: Error) => {
        clearInterval(reminder);
        connection.off('ready', settle).off('close', refused);
        if (error) reject(error);
        else resolve();
      };
      const refused = () => {
        const words = this.lastError?.message ?? '';
        if (!REFUSALS.test(words)) return;
        settle(new ConfigError([`Redis (${this.where}) refuses the user or the password`]));
        this.closing.abort();
        connection.disconnect();
      };
      connection.once('ready', () => settle()).on('close', refused);
      this.closing.signal.addEventListener('abort', () =>
        settle(new RedisUnavailable(false, this.lastError ?? new Error('closed'))),
      );
      // ioredis retries a failed first attempt, and emits `ready` when one succeeds.
      connection.connect().catch((error: Error) => {
        this.lastError ??= error;
        refused();
      });
    });
  }

  /**
   * Does what a start needs from Redis, and repeats it until Redis answers: a connection that
   * is ready may still be slow, or end, before the first answer.
   * @param what completes the log line "waiting for Redis"
   * @throws RedisUnavailable when the client is closed first
   */
  async whenAnswering<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { signal } = this.closing;
    let remindAt = 0;
    for (let failures = 1; ; failures += 1) {
      try {
        return await work();
      } catch (err) {
        if (!(err instanceof RedisUnavailable) || signal.aborted) throw err;
        if (performance.now() >= remindAt) {
          this.logger.warn({ redis: this.where, what, err }, 'waiting for Redis');
          remindAt = performance.now() + REMINDER_MS;
        }
      }
      await delay(backoff(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Runs a script as one atomic step.
   * @throws RedisUnavailable
   */
  async run(
    script: LuaScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.send('EVALSHA', [script.sha, ...rest]);
    } catch (error) {
      if (!(error instanceof RedisUnavailable && error.message.startsWith('NOSCRIPT'))) throw error;
    }
    return this.send('EVAL', [script.source, ...rest]);
  }

  /**
   * As `run`, for a script that does nothing when it is run again: while its answer is lost,
   * it is sent again.
   * @param forMs how long, milliseconds
   * @throws RedisUnavailable
   */
  async runUntilAnswered(
    script: LuaScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    forMs: number,
  ): Promise<unknown> {
    const deadline = performance.now() + forMs;
    let uncertain = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.run(script, keys, args);
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error;
        uncertain ||= error.uncertain;
        if (!uncertain || performance.now() >= deadline) throw error;
      }
      await delay(backoff(attempt), undefined, { ref: false });
    }
  }

  /**
   * As `run`; resolves when so many replicas have the result.
   * @throws RedisUnavailable also when the replicas are too slow; then the script was carried out
   */
  async runReplicated(
    script: LuaScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    replicas: number,
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    // On one connection, one after the other: WAIT counts the writes of its own connection.
    const both = (command: string, first: string) =>
      this.connection
        .pipeline([
          [command, first, ...rest],
          ['wait', replicas, this.settings.timeoutMs],
        ])
        .exec();
    this.mustBeConnected();
    let answers = await this.bounded(both('evalsha', script.sha));
    if (answers?.[0]?.[0]?.message.startsWith('NOSCRIPT')) {
      answers = await this.bounded(both('eval', script.source));
    }
    const [[refusal, answer] = [], [trouble, count] = []] = answers ?? [];
    if (refusal) throw new RedisUnavailable(!(refusal instanceof ReplyError), refusal);
    if (trouble) throw new RedisUnavailable(true, trouble);
    if (Number(count) < replicas) {
      throw new RedisUnavailable(
        true,
        new Error(`${String(count)} of ${replicas} replicas have it`),
      );
    }
    return answer;
  }

  /** @throws RedisUnavailable */
  async send(command: string, args: readonly RedisArgument[]): Promise<unknown> {
    this.mustBeConnected();
    return this.bounded(this.connection.call(command, [...args]));
  }

  /**
   * Opens a connection for blocking reads to the server that has the key.
   * @throws when it cannot connect now
   */
  async blocking(key: string, blockMs: number): Promise<Redis> {
    const node = this.settings.kind === 'cluster' ? await this.ownerOf(key) : undefined;
    const connection = blockingConnection(this.settings, node, blockMs);
    // Every failure also rejects the command that was sent.
    connection.on('error', (error: Error) => (this.lastError = error));
    try {
      // ioredis retries the Sentinels without a limit.
      await inTime(connection.connect(), CONNECT_TIMEOUTS * this.settings.timeoutMs);
    } catch (error) {
      connection.disconnect();
      throw error;
    }
    return connection;
  }

  /** Waits for the answers to commands that were sent, then closes. */
  async close(): Promise<void> {
    this.closing.abort();
    if (!this.connected) {
      this.connection.disconnect();
      return;
    }
    await this.connection.quit().catch(() => this.connection.disconnect());
  }

  private mustBeConnected(): void {
    if (this.connected) return;
    throw new RedisUnavailable(false, this.lastError ?? new Error('not connected to Redis'));
  }

  private async bounded<T>(answer: Promise<T>): Promise<T> {
    try {
      return await inTime(answer, this.settings.timeoutMs);
    } catch (error) {
      // An error reply proves that the command did not run. A missing reply proves nothing.
      throw new RedisUnavailable(!(error instanceof ReplyError), error as Error);
    }
  }

  private async ownerOf(key: string): Promise<HostPort> {
    const slot = Number(await this.send('CLUSTER', ['KEYSLOT', key]));
    const ranges = (await this.send('CLUSTER', ['SLOTS'])) as [
      first: number,
      last: number,
      master: [host: string, port: number],
    ][];
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    if (!range) {
      throw new RedisUnavailable(false, new Error(`no node of the cluster serves slot ${slot}`));
    }
    const [host, port] = range[2];
    return { host, port };
  }

  /**
   * ioredis gives up a connection for good when a Sentinel announces a new master while it
   * connects to the old one. With three Sentinels this is common.
   */
  private async seekAgain(): Promise<void> {
    const { signal } = this.closing;
    this.endings += 1;
    await delay(backoff(this.endings), undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    // A failure emits `end` again, which leads here again.
    await this.connection.connect().catch((error: Error) => (this.lastError ??= error));
  }

  private lost(): void {
    if (this.away) return;
    this.away = true;
    this.logger.warn({ redis: this.where, err: this.lastError }, 'Redis does not answer');
  }

  private back(): void {
    if (this.away) this.logger.info({ redis: this.where }, 'Redis answers again');
    this.away = false;
    this.endings = 0;
    this.lastError = undefined;
  }

  private remind(): void {
    this.logger.warn({ redis: this.where, err: this.lastError }, 'waiting for Redis');
  }
}

/**
 * Rejects when the answer takes longer than `ms`. When the timer fires late because this
 * process was busy, the answer may already be in the socket buffer, so the sockets are read
 * once more first.
 */
function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => setImmediate(() => reject(new Error(`no answer within ${ms} ms`))),
      ms,
    ).unref();
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
