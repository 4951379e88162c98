import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import { ProblemError } from '../kernel/problem.js';
import type { TokenCacheMetrics } from './token-cache-metrics.js';
import { BYTES_PER_CHARACTER, TOKEN_BYTES } from './token-budget.js';
import { decideUse } from './decide-use.js';
import {
  TokenCache,
  type Grant,
  type Redemption,
  type ReusePolicy,
  type TokenClient,
} from './token-cache.js';
import type { TokenStore } from './token-store.js';

/** How long a copy is used after the store confirmed it, milliseconds. */
export const LOCAL_MS = 5_000;
/** Copies kept; the least recently used are dropped first. */
const LOCAL_MAX = 20_000;
/** Bytes of memory that they may take. */
const LOCAL_BYTES = 64 * 1024 * 1024;
const TOPIC = 'tokens.revoked';

interface Copy {
  readonly grant: Grant;
  /** Monotonic milliseconds. */
  readonly until: number;
  /** Whether the store has decided the first use. */
  readonly used: boolean;
  /** Network of the first use, where the store's answer shows it. */
  readonly first?: string | undefined;
}

type Revoked = { readonly hash: string } | { readonly principalId: string };

/**
 * A shared store with a write-through layer of this instance's memory in front.
 * The layer decides further uses of a token whose first use the store decided
 * less than five seconds ago. So the reconnect of a page needs no command to the store,
 * and works while the store is unavailable.
 *
 * - A first use always goes to the store: two instances must not both grant one.
 * - A revocation reaches the layers of all instances by the bus. A layer that
 *   may have missed one (the bus is not live) is used only when the store does
 *   not answer either, and only with copies younger than five seconds.
 */
export class LayeredTokenCache extends TokenCache {
  private readonly copies = new LRUCache<string, Copy>({
    max: LOCAL_MAX,
    maxSize: LOCAL_BYTES,
    sizeCalculation: ({ grant }) => bytesOf(grant),
  });
  /** Counts revocations. A store's answer is not kept if a revocation arrived while it was awaited. */
  private revocations = 0;

  constructor(
    private readonly store: TokenStore,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    private readonly metrics: TokenCacheMetrics,
  ) {
    super();
    bus.on(TOPIC, (body) => {
      this.drop(body as Revoked);
      this.store.forget(body as Revoked);
    });
    bus.missed.subscribe(() => {
      this.revocations += 1;
      this.copies.clear();
    });
  }

  async put(hash: string, grant: Grant): Promise<void> {
    const startedAt = this.clock.monotonic();
    const { revocations } = this;
    await this.store.put(hash, grant);
    this.keep(hash, { grant, until: startedAt + LOCAL_MS, used: false }, revocations);
  }

  async redeem(hash: string, client: TokenClient, reuse: ReusePolicy): Promise<Redemption> {
    const known = this.bus.live ? this.decide(hash, client, reuse) : undefined;
    if (known) {
      this.metrics.localHit();
      return known;
    }
    this.metrics.localMiss();
    const startedAt = this.clock.monotonic();
    const { revocations } = this;
    try {
      const { redemption, leftMs } = await this.store.redeemTimed(hash, client, reuse);
      if (redemption.outcome === 'first' || redemption.outcome === 'reused') {
        const until = startedAt + Math.min(LOCAL_MS, leftMs);
        // Under `allow`, a reuse may be by another client than the first use.
        const isFirst = redemption.outcome === 'first' || reuse === 'same-client';
        const first = isFirst ? client.network : this.copies.get(hash)?.first;
        this.keep(hash, { grant: redemption.grant, until, used: true, first }, revocations);
      }
      return redemption;
    } catch (error) {
      const last = this.decide(hash, client, reuse) ?? this.freeForAll(hash, client, reuse);
      if (last && isUnavailable(error)) return last;
      throw error;
    }
  }

  peek(hash: string): Promise<Grant | undefined> {
    return this.store.peek(hash);
  }

  async revoke(hash: string): Promise<boolean> {
    this.drop({ hash });
    const alive = await this.store.revoke(hash);
    await this.broadcast({ hash });
    return alive;
  }

  async revokePrincipal(principalId: string): Promise<number> {
    this.drop({ principalId });
    const count = await this.store.revokePrincipal(principalId);
    await this.broadcast({ principalId });
    return count;
  }

  isLive(hash: string): boolean {
    if (this.store.isLive(hash)) return true;
    const copy = this.copies.peek(hash);
    return copy !== undefined && this.clock.monotonic() < copy.until;
  }

  size(): number {
    return this.store.size();
  }

  sweep(): number {
    return this.store.sweep();
  }

  /** The layer's decision; `undefined` when only the store can decide. */
  private decide(hash: string, client: TokenClient, reuse: ReusePolicy): Redemption | undefined {
    const copy = this.believed(hash);
    if (!copy?.used) return undefined;
    const { grant, first } = copy;
    // The client of the first use matters only for a token that is not bound to a browser.
    if (first === undefined && grant.binding === undefined && reuse !== 'allow') return undefined;
    const outcome = decideUse({ binding: grant.binding, first: first ?? '' }, client, reuse);
    return outcome === 'first' ? undefined : { outcome, grant };
  }

  /** Under `allow` every client may use a token, so a copy can decide even the first use. */
  private freeForAll(
    hash: string,
    client: TokenClient,
    reuse: ReusePolicy,
  ): Redemption | undefined {
    const copy = reuse === 'allow' ? this.believed(hash) : undefined;
    if (!copy) return undefined;
    const { grant } = copy;
    return {
      outcome: decideUse({ binding: grant.binding, first: undefined }, client, reuse),
      grant,
    };
  }

  private believed(hash: string): Copy | undefined {
    const copy = this.copies.get(hash);
    return copy && this.clock.monotonic() < copy.until ? copy : undefined;
  }

  private keep(hash: string, copy: Copy, revocations: number): void {
    if (revocations === this.revocations) this.copies.set(hash, copy);
  }

  private drop(revoked: Revoked): void {
    this.revocations += 1;
    if ('hash' in revoked) {
      this.copies.delete(revoked.hash);
      return;
    }
    for (const [hash, { grant }] of this.copies.entries()) {
      if (grant.principalId === revoked.principalId) this.copies.delete(hash);
    }
  }

  private async broadcast(revoked: Revoked): Promise<void> {
    try {
      await this.bus.send(TOPIC, revoked);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      throw new ProblemError(
        'token_store_unavailable',
        'Revoked, but the other instances could not be reached. They stop accepting it within 5 seconds; send the request again to end its streams everywhere.',
        { retryAfterSec: 1, cause: error },
      );
    }
  }
}

function bytesOf({ filters }: Grant): number {
  return TOKEN_BYTES + BYTES_PER_CHARACTER * JSON.stringify(filters).length;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'token_store_unavailable';
}
