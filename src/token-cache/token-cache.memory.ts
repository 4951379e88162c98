import type { Clock } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';
import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  TokenCache,
  type Grant,
  type Redemption,
  type ReusePolicy,
} from './token-cache.js';

interface Entry {
  readonly grant: Grant;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
  client: string | undefined;
}

interface Tombstone {
  readonly outcome: 'expired' | 'revoked';
  readonly forgetAt: number;
}

/**
 * Tokens of one process. The lifetime is one constant, so the map's insertion
 * order is the order of expiry: sweeping walks from the oldest and stops at the
 * first that lives. Every method runs to its end without yielding, which is
 * what makes `redeem` one atomic step.
 */
export class MemoryTokenCache extends TokenCache {
  private readonly living = new Map<string, Entry>();
  private readonly dead = new Map<string, Tombstone>();
  private expired = 0;

  constructor(
    private readonly clock: Clock,
    /** Greatest number of living tokens, and of remembered dead ones. */
    private readonly capacity: number,
  ) {
    super();
  }

  async put(hash: string, grant: Grant): Promise<void> {
    if (this.living.size >= this.capacity) this.bury();
    if (this.living.size >= this.capacity) {
      throw new ProblemError(
        'token_cache_full',
        `${this.capacity} tokens are alive, the most that this instance keeps. Wait for some to expire, or raise VX11_TOKEN_CACHE_MAX.`,
        { retryAfterSec: 5 },
      );
    }
    this.living.set(hash, {
      grant,
      expiresAt: this.clock.monotonic() + TOKEN_LIFETIME_MS,
      client: undefined,
    });
  }

  async redeem(hash: string, client: string, reuse: ReusePolicy): Promise<Redemption> {
    const entry = this.alive(hash);
    if (!entry) return { outcome: this.fate(hash) };
    const { grant } = entry;
    if (entry.client === undefined) {
      entry.client = client;
      return { outcome: 'first', grant };
    }
    const allowed = reuse === 'allow' || (reuse === 'same-client' && entry.client === client);
    return { outcome: allowed ? 'reused' : 'replayed', grant };
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

  /** Moves what has expired to the dead. Costs one look when nothing has. */
  private bury(): void {
    const now = this.clock.monotonic();
    for (const [hash, entry] of this.living) {
      if (now < entry.expiresAt) return;
      this.end(hash, 'expired', entry.expiresAt);
      this.expired += 1;
    }
  }

  private fate(hash: string): 'expired' | 'revoked' | 'unknown' {
    const tombstone = this.dead.get(hash);
    return tombstone && this.clock.monotonic() < tombstone.forgetAt ? tombstone.outcome : 'unknown';
  }

  /** Called in the order of `at`, so that the dead stand in the order of their forgetting. */
  private end(hash: string, outcome: Tombstone['outcome'], at: number): void {
    this.living.delete(hash);
    this.dead.set(hash, { outcome, forgetAt: at + TOMBSTONE_MS });
    if (this.dead.size > this.capacity) {
      const [oldest] = this.dead.keys();
      if (oldest !== undefined) this.dead.delete(oldest);
    }
  }
}
