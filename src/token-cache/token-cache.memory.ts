import type { Clock } from '../kernel/clock.js';
import { decideUse } from './decide-use.js';
import { TokenBudget, type TokenLimits } from './token-budget.js';
import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  TokenCache,
  type Grant,
  type Redemption,
  type ReusePolicy,
  type TokenClient,
} from './token-cache.js';

interface Entry {
  readonly grant: Grant;
  /** Key of its filters in the budget. */
  readonly filters: string;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
  /** Network of the first use. */
  first: string | undefined;
}

interface Tombstone {
  readonly outcome: 'expired' | 'revoked';
  readonly forgetAt: number;
}

/**
 * Tokens of one process. All tokens have the same lifetime, so the map's insertion order
 * is the order of expiry: a sweep starts at the oldest and stops at the first live one.
 * No method awaits anything, so `redeem` is one atomic step.
 */
export class MemoryTokenCache extends TokenCache {
  private readonly living = new Map<string, Entry>();
  private readonly dead = new Map<string, Tombstone>();
  private readonly budget: TokenBudget;
  private expired = 0;
  /** No token expires earlier. Monotonic milliseconds. */
  private firstExpiry = Infinity;

  constructor(
    private readonly clock: Clock,
    /** Limits of live tokens. As many dead tokens are remembered. */
    private readonly limits: TokenLimits,
  ) {
    super();
    this.budget = new TokenBudget(limits);
  }

  async put(hash: string, grant: Grant): Promise<void> {
    this.bury();
    const charged = this.budget.add(grant);
    const expiresAt = this.clock.monotonic() + TOKEN_LIFETIME_MS;
    if (this.living.size === 0) this.firstExpiry = expiresAt;
    this.living.set(hash, {
      grant: charged.grant,
      filters: charged.key,
      expiresAt,
      first: undefined,
    });
  }

  async redeem(hash: string, client: TokenClient, reuse: ReusePolicy): Promise<Redemption> {
    const entry = this.alive(hash);
    if (!entry) return { outcome: this.fate(hash) };
    const { grant } = entry;
    const outcome = decideUse({ binding: grant.binding, first: entry.first }, client, reuse);
    if (outcome === 'first') entry.first = client.network;
    return { outcome, grant };
  }

  async peek(hash: string): Promise<Grant | undefined> {
    return this.alive(hash)?.grant;
  }

  async revoke(hash: string): Promise<boolean> {
    this.bury();
    if (!this.alive(hash)) return false;
    this.end(hash, 'revoked', this.clock.monotonic());
    return true;
  }

  async revokePrincipal(principalId: string): Promise<number> {
    this.bury();
    const hashes = [...this.living]
      .filter(([, entry]) => entry.grant.principalId === principalId)
      .map(([hash]) => hash);
    for (const hash of hashes) this.end(hash, 'revoked', this.clock.monotonic());
    return hashes.length;
  }

  isLive(hash: string): boolean {
    const entry = this.living.get(hash);
    return entry !== undefined && this.clock.monotonic() < entry.expiresAt;
  }

  size(): number {
    this.bury();
    return this.living.size;
  }

  sweep(): number {
    this.bury();
    const now = this.clock.monotonic();
    for (const [hash, tombstone] of this.dead) {
      if (tombstone.forgetAt > now) break;
      this.dead.delete(hash);
    }
    const expired = this.expired;
    this.expired = 0;
    return expired;
  }

  private alive(hash: string): Entry | undefined {
    const entry = this.living.get(hash);
    if (!entry || this.clock.monotonic() < entry.expiresAt) return entry;
    this.bury();
    return undefined;
  }

  /** Moves expired tokens to the dead. */
  private bury(): void {
    const now = this.clock.monotonic();
    if (now < this.firstExpiry) return;
    for (const [hash, entry] of this.living) {
      this.firstExpiry = entry.expiresAt;
      if (now < entry.expiresAt) return;
      this.end(hash, 'expired', entry.expiresAt);
      this.expired += 1;
    }
  }

  private fate(hash: string): 'expired' | 'revoked' | 'unknown' {
    const tombstone = this.dead.get(hash);
    return tombstone && this.clock.monotonic() < tombstone.forgetAt ? tombstone.outcome : 'unknown';
  }

  /** Called in the order of `at`, so that dead tokens are in the order in which they are forgotten. */
  private end(hash: string, outcome: Tombstone['outcome'], at: number): void {
    const entry = this.living.get(hash);
    if (entry) this.budget.remove(entry.grant.principalId, entry.filters);
    this.living.delete(hash);
    this.dead.set(hash, { outcome, forgetAt: at + TOMBSTONE_MS });
    if (this.dead.size > this.limits.count) {
      const [oldest] = this.dead.keys();
      if (oldest !== undefined) this.dead.delete(oldest);
    }
  }
}
