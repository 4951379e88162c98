import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.js';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import { ProblemError } from '../kernel/problem.js';
import type { TokenCacheMetrics } from './token-cache-metrics.js';
import { TokenCache, type Grant, type Redemption, type ReusePolicy } from './token-cache.js';
import type { TokenStore } from './token-store.js';

/** How long a copy is believed after the store confirmed it, milliseconds. */
export const LOCAL_MS = 5_000;
/** Copies kept; the least recently used give way. */
const LOCAL_MAX = 20_000;
const TOPIC = 'tokens.revoked';

interface Copy {
  readonly grant: Grant;
  /** Monotonic milliseconds. */
  readonly until: number;
  /** The store has reported a first use. */
  readonly used: boolean;
  /** Its client, where the store's answer told who it was. */
  readonly client?: string | undefined;
}

type Revoked = { readonly hash: string } | { readonly principalId: string };

/**
 * A shared store with a layer of this instance's memory in front, written
 * through, that decides what needs nobody else: further uses of a token whose
 * first use the store has decided less than five seconds ago. So a page's
 * reconnect costs the store nothing, and goes through while it is away.
 *
 * - A first use always goes to the store: two instances must not both grant one.
 * - A revocation reaches the layers of all instances by the bus. A layer that
 *   may have missed one (the bus is not live) is asked only when the store does
 *   not answer either, and believes nothing that is older than five seconds.
 */
export class LayeredTokenCache extends TokenCache {
  private readonly copies = new LRUCache<string, Copy>({ max: LOCAL_MAX });
  /** Counts revocations, so that an answer that one has overtaken is not kept. */
  private revocations = 0;

  constructor(
    private readonly store: TokenStore,
    private readonly bus: InstanceBus,
    private readonly clock: Clock,
    private readonly metrics: TokenCacheMetrics,
  ) {
    super();
    bus.messages.subscribe(({ topic, body }) => {
      if (topic !== TOPIC) return;
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

  async redeem(hash: string, client: string, reuse: ReusePolicy): Promise<Redemption> {
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
        // Under `allow`, a further use says nothing about who was first.
        const isFirst = redemption.outcome === 'first' || reuse === 'same-client';
        const first = isFirst ? client : this.copies.get(hash)?.client;
        this.keep(hash, { grant: redemption.grant, until, used: true, client: first }, revocations);
      }
      return redemption;
    } catch (error) {
      const last = this.decide(hash, client, reuse) ?? this.freeForAll(hash, reuse);
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
    await this.tell({ hash });
    return alive;
  }

  async revokePrincipal(principalId: string): Promise<number> {
    this.drop({ principalId });
    const count = await this.store.revokePrincipal(principalId);
    await this.tell({ principalId });
    return count;
  }

  size(): number {
    return this.store.size();
  }

  sweep(): number {
    return this.store.sweep();
  }

  /** What the layer knows for certain; `undefined`: ask the store. */
  private decide(hash: string, client: string, reuse: ReusePolicy): Redemption | undefined {
    const copy = this.believed(hash);
    if (!copy?.used) return undefined;
    const { grant } = copy;
    if (reuse === 'allow') return { outcome: 'reused', grant };
    if (copy.client === undefined) return undefined;
    const own = reuse === 'same-client' && copy.client === client;
    return { outcome: own ? 'reused' : 'replayed', grant };
  }

  /** Where everybody may use a token, nobody has to be asked whether it is the first time. */
  private freeForAll(hash: string, reuse: ReusePolicy): Redemption | undefined {
    const copy = reuse === 'allow' ? this.believed(hash) : undefined;
    return copy && { outcome: 'first', grant: copy.grant };
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

  private async tell(revoked: Revoked): Promise<void> {
    try {
      await this.bus.send(TOPIC, revoked);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      throw new ProblemError(
        'token_store_unavailable',
        'Revoked, but the other instances could not be told. They stop believing it within 5 seconds; send the request again to end its streams everywhere.',
        { retryAfterSec: 1, cause: error },
      );
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ProblemError && error.code === 'token_store_unavailable';
}
