import { Subject } from 'rxjs';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { RedisClient } from '../redis/client.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import type { Keyring } from '../token-cache/keyring.js';
import { parseRevocation, RevocationTable, type Revocation } from './revocation-table.js';
import { Revocations } from './revocations.js';

const TOPIC = 'principals.decided';
const CONTEXT = 'revocation';

interface Decision {
  readonly principalId: string;
  readonly revoked: boolean;
  /** Sealed, one for each credential. */
  readonly entries: readonly string[];
}

/**
 * Revocations of all instances: one Redis hash, credential hash → decision. Each
 * instance keeps a copy, and the bus reports every decision to the others.
 */
export class RedisRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  readonly changed = new Subject<void>();
  private readonly table = new RevocationTable();
  private readonly key: string;

  constructor(
    private readonly redis: RedisClient,
    private readonly bus: InstanceBus,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.key = redis.key('auth', 'revocations');
    bus.messages.subscribe(({ topic, body }) => {
      if (topic === TOPIC) this.take(body as Decision);
    });
    bus.missed.subscribe(() => void this.refresh());
  }

  /** Reads what was decided so far. */
  async open(): Promise<void> {
    await this.read();
  }

  has(credentialHash: string): boolean {
    return this.table.has(credentialHash);
  }

  entries(): readonly Revocation[] {
    return this.table.entries;
  }

  async add(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, true);
  }

  async restore(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, false);
  }

  /** Catches up with what the bus may have lost; called by the schedule as well. */
  async refresh(): Promise<void> {
    try {
      await this.read();
    } catch (err) {
      if (!(err instanceof RedisUnavailable)) throw err;
      this.logger.warn({ err }, 'revocations could not be read; they are read again soon');
    }
  }

  private async decide(
    principalId: string,
    credentialHashes: readonly string[],
    revoked: boolean,
  ): Promise<void> {
    const entries = this.table.decide(principalId, credentialHashes, revoked, this.clock.now());
    const sealed = entries.map((entry) => this.seal(entry));
    const decision = { principalId, revoked, entries: sealed };
    try {
      await this.write(entries);
      this.take(decision);
      await this.bus.send(TOPIC, decision);
    } catch (error) {
      if (!(error instanceof RedisUnavailable || error instanceof BusUnavailable)) throw error;
      throw new ProblemError(
        'token_store_unavailable',
        'The decision may not have reached every instance. Send the request again until it succeeds.',
        { retryAfterSec: 1, cause: error },
      );
    }
  }

  private async read(): Promise<void> {
    const pairs = (await this.redis.send('HGETALL', [this.key])) as string[];
    const stored = pairs.filter((_, index) => index % 2 === 1).flatMap((text) => this.unseal(text));
    this.accept(stored.map(({ entry }) => entry));
    // A failover may have lost decisions that this instance still knows; and what a
    // previous key sealed must be readable when that key has gone.
    const current = stored.flatMap(({ entry, isCurrent }) => (isCurrent ? entry : []));
    await this.write(this.table.newerThan(current));
  }

  private async write(entries: readonly Revocation[]): Promise<void> {
    if (entries.length === 0) return;
    const pairs = entries.flatMap((entry) => [entry.credentialHash, this.seal(entry)]);
    await this.redis.send('HSET', [this.key, ...pairs]);
  }

  private take({ principalId, revoked, entries }: Decision): void {
    this.accept(entries.flatMap((text) => this.unseal(text)).map(({ entry }) => entry));
    // A second report of a decision, and a principal without a credential of its own, count too.
    if (revoked) this.revoked.next(principalId);
  }

  private accept(entries: readonly Revocation[]): void {
    const news = this.table.merge(entries);
    if (news.length === 0) return;
    for (const id of new Set(news.flatMap((entry) => (entry.revoked ? entry.principalId : [])))) {
      this.revoked.next(id);
    }
    this.changed.next();
  }

  private seal(entry: Revocation): string {
    return this.keyring.seal(CONTEXT, JSON.stringify(entry));
  }

  /** Nothing for what none of our keys sealed: writing to Redis must not restore anybody. */
  private unseal(sealed: unknown): { entry: Revocation; isCurrent: boolean }[] {
    const opened = typeof sealed === 'string' ? this.keyring.open(CONTEXT, sealed) : undefined;
    const entry = opened && parseRevocation(JSON.parse(opened.text));
    if (opened && entry) return [{ entry, isCurrent: opened.isCurrent }];
    this.logger.warn(
      { key: this.key },
      'a revocation in Redis was not sealed by a key of VX11_TOKEN_KEYS; it is ignored',
    );
    return [];
  }
}
