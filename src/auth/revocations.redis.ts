import { Subject } from 'rxjs';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { RedisClient } from '../redis/client.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import { parseRevocation, RevocationTable, type Revocation } from './revocation-table.js';
import { Revocations } from './revocations.js';

const TOPIC = 'principals.decided';

interface Decision {
  readonly principalId: string;
  readonly revoked: boolean;
  readonly entries: readonly unknown[];
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
    const decision = { principalId, revoked, entries };
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
    const stored = parsed(pairs.filter((_, index) => index % 2 === 1).map(fromJson));
    this.accept(stored);
    // A failover may have lost decisions that this instance still knows.
    await this.write(this.table.newerThan(stored));
  }

  private async write(entries: readonly Revocation[]): Promise<void> {
    if (entries.length === 0) return;
    const pairs = entries.flatMap((entry) => [entry.credentialHash, JSON.stringify(entry)]);
    await this.redis.send('HSET', [this.key, ...pairs]);
  }

  private take({ principalId, revoked, entries }: Decision): void {
    this.accept(parsed(entries));
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
}

function parsed(values: readonly unknown[]): readonly Revocation[] {
  return values.flatMap((value) => parseRevocation(value) ?? []);
}

/** `undefined` for text that is not JSON: somebody else has written it. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
