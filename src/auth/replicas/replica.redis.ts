import { Subject } from 'rxjs';
import { BusUnavailable, type InstanceBus } from '../../instances/instance-bus.js';
import type { Clock } from '../../kernel/clock.js';
import type { Logger } from '../../kernel/logger.js';
import { ProblemError } from '../../kernel/problem.js';
import type { RedisClient } from '../../redis/client.js';
import { LuaScript } from '../../redis/lua-script.js';
import { RedisUnavailable } from '../../redis/unavailable.js';
import type { Keyring } from '../../token-cache/keyring.js';
import {
  ChangeInDoubt,
  Replica,
  ReplicaTable,
  timeAfter,
  type Entry,
  type EntryKind,
} from './replica.js';

const REPLACE = LuaScript.load(import.meta.url, 'replace.lua');
/** Updates of one entry at the same time, of which each needs one more attempt. */
const ATTEMPTS = 50;

/** One value as Redis stores it. */
interface Stored<E> {
  readonly raw: string;
  /** `undefined` when none of our keys sealed it. */
  readonly entry: E | undefined;
  readonly isCurrent: boolean;
}

/**
 * The table of all instances: one Redis hash, key → sealed entry. Each instance keeps a
 * copy, and the bus reports every change to the others.
 */
export class RedisReplica<E extends Entry> extends Replica<E> {
  readonly updates = new Subject<readonly E[]>();
  readonly key: string;
  private readonly table: ReplicaTable<E>;
  private readonly topic: string;
  /** What the last reading found: to open ten thousand seals again takes too long. */
  private stored: ReadonlyMap<string, Stored<E>> = new Map();
  /** Keys of entries of which a change may be in effect that the other instances do not know. */
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly kind: EntryKind<E>,
    private readonly redis: RedisClient,
    private readonly bus: InstanceBus,
    private readonly keyring: Keyring,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.table = new ReplicaTable(kind);
    this.key = redis.key('auth', kind.name);
    this.topic = `replica.${kind.name}`;
    bus.on(this.topic, (body) => this.take((body as { sealed: string }).sealed));
    bus.missed.subscribe(() => void this.refresh());
  }

  requireKnown(): void {
    // Read at the start; kept also while Redis is away.
  }

  get(key: string): E | undefined {
    return this.table.get(key);
  }

  entries(): readonly E[] {
    return this.table.entries;
  }

  /** Reads what was decided so far. Waits for Redis: nobody is admitted before that. */
  async open(): Promise<void> {
    await this.redis.whenAnswering(`to read the ${this.kind.name}`, () => this.read());
  }

  /** Catches up with what the bus may have lost; called by the schedule as well. */
  async refresh(): Promise<void> {
    try {
      await this.read();
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) throw err;
      this.logger.warn({ err }, `${this.kind.name} could not be read; they are read again soon`);
    }
  }

  async update(key: string, change: (current: E | undefined, at: number) => E): Promise<E> {
    try {
      const entry = await this.replace(key, change);
      this.accept([entry]);
      await this.tell(entry);
      return entry;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (error instanceof RedisUnavailable && !error.uncertain) {
        throw new ProblemError(
          'token_store_unavailable',
          'Nothing was decided: Redis does not carry out commands now. Send the request again.',
          { retryAfterSec: 1, cause: error },
        );
      }
      this.doubtful.add(key);
      throw new ChangeInDoubt(
        'The decision may not have reached every instance. Send the request again until it succeeds.',
        1,
        error,
      );
    }
  }

  /**
   * Finds out what became of changes in doubt, and tells the others; called every second. Their
   * callers may never repeat them, and a repetition may find nothing left to do.
   */
  async settle(): Promise<void> {
    for (const key of this.doubtful) {
      this.doubtful.delete(key);
      try {
        await this.readOne(key);
        const entry = this.table.get(key);
        if (entry) await this.tell(entry);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.doubtful.add(key);
        return;
      }
    }
  }

  private async replace(
    key: string,
    change: (current: E | undefined, at: number) => E,
  ): Promise<E> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const raw = await this.readOne(key);
      const current = this.table.get(key);
      const entry = change(current, timeAfter(current, this.clock.now()));
      if (await this.replaceIf(key, raw, entry)) return entry;
    }
    throw new RedisUnavailable(false, new Error('too many updates of one entry at a time'));
  }

  /** Of a change whose answer was lost, nobody has told this instance. Resolves to what Redis has. */
  private async readOne(key: string): Promise<string> {
    const raw = (await this.redis.send('HGET', [this.key, key])) as string | null;
    if (raw === null) return '';
    const { entry } = this.unseal(raw);
    if (entry) this.accept([entry]);
    return raw;
  }

  private tell(entry: E): Promise<void> {
    return this.bus.send(this.topic, { sealed: this.seal(entry) });
  }

  private async replaceIf(key: string, raw: string, entry: E): Promise<boolean> {
    const args = [key, raw, this.seal(entry)];
    return (await this.redis.run(REPLACE, [this.key], args)) === 1;
  }

  private async read(): Promise<void> {
    const pairs = (await this.redis.send('HGETALL', [this.key])) as string[];
    const stored = new Map<string, Stored<E>>();
    for (let index = 0; index < pairs.length; index += 2) {
      const [key = '', raw = ''] = pairs.slice(index, index + 2);
      const before = this.stored.get(key);
      stored.set(key, before?.raw === raw ? before : this.unsealOwn(key, raw));
    }
    this.stored = stored;
    this.accept([...stored.values()].flatMap(({ entry }) => entry ?? []));
    // A failover may have lost changes that this instance still has. An entry that a previous
    // key sealed must be sealed again before that key is removed.
    for (const entry of this.table.entries) {
      const key = this.kind.keyOf(entry);
      const { raw = '', entry: kept, isCurrent = false } = stored.get(key) ?? {};
      if (isCurrent && !this.table.isBehind(kept, entry)) continue;
      // Does nothing when another instance has changed it meanwhile.
      await this.replaceIf(key, raw, entry);
    }
  }

  /** An entry that was copied to another key is ignored. */
  private unsealOwn(key: string, raw: string): Stored<E> {
    const value = this.unseal(raw);
    const isOwn = value.entry !== undefined && this.kind.keyOf(value.entry) === key;
    return isOwn ? value : { ...value, entry: undefined };
  }

  private take(sealed: string): void {
    this.accept([this.unseal(sealed).entry].filter((entry) => entry !== undefined));
  }

  private accept(entries: readonly E[]): void {
    const news = this.table.merge(entries);
    if (news.length > 0) this.updates.next(news);
  }

  private seal(entry: E): string {
    return this.keyring.seal(this.kind.context, JSON.stringify(entry));
  }

  /**
   * Ignores a value that none of our keys sealed: write access to Redis must not be enough to
   * restore a principal.
   */
  private unseal(raw: string): Stored<E> {
    const opened = this.keyring.open(this.kind.context, raw);
    const entry = opened && this.kind.parse(JSON.parse(opened.text));
    if (opened && entry) return { raw, entry, isCurrent: opened.isCurrent };
    this.logger.warn(
      { key: this.key },
      `one of the ${this.kind.name} in Redis was not sealed by a key of VX11_TOKEN_KEYS; it is ignored`,
    );
    return { raw, entry: undefined, isCurrent: false };
  }
}

function isUnavailable(error: unknown): error is RedisUnavailable | BusUnavailable {
  return error instanceof RedisUnavailable || error instanceof BusUnavailable;
}
