import type { Clock } from '../kernel/clock.js';
import { TokenBudget, type TokenLimits } from './token-budget.js';
import { TOKEN_LIFETIME_MS, type Grant } from './token-cache.js';

interface Entry {
  readonly principalId: string;
  /** Key of its filters in the budget. */
  readonly filters: string;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

/**
 * The live tokens that this instance has put into a shared store. It serves counts and
 * limits, but never decides about a token. All tokens have the same lifetime, so the
 * insertion order is the order of expiry.
 */
export class TokenLedger {
  private readonly living = new Map<string, Entry>();
  private expired = 0;

  private readonly budget: TokenBudget;

  constructor(
    private readonly clock: Clock,
    limits: TokenLimits,
  ) {
    this.budget = new TokenBudget(limits);
  }

  /**
   * @returns the grant, with filters that equal grants share
   * @throws ProblemError token_cache_full
   */
  add(hash: string, grant: Grant): Grant {
    this.bury();
    const { grant: shared, key } = this.budget.add(grant);
    const { principalId } = grant;
    const expiresAt = this.clock.monotonic() + TOKEN_LIFETIME_MS;
    this.living.set(hash, { principalId, filters: key, expiresAt });
    return shared;
  }

  remove(hash: string): void {
    this.bury();
    this.drop(hash);
  }

  removePrincipal(principalId: string): void {
    this.bury();
    for (const [hash, entry] of this.living) {
      if (entry.principalId === principalId) this.drop(hash);
    }
  }

  has(hash: string): boolean {
    const entry = this.living.get(hash);
    return entry !== undefined && this.clock.monotonic() < entry.expiresAt;
  }

  get size(): number {
    this.bury();
    return this.living.size;
  }

  /** Number of tokens that have expired since the last call. */
  takeExpired(): number {
    this.bury();
    const count = this.expired;
    this.expired = 0;
    return count;
  }

  private bury(): void {
    const now = this.clock.monotonic();
    for (const [hash, { expiresAt }] of this.living) {
      if (now < expiresAt) return;
      this.drop(hash);
      this.expired += 1;
    }
  }

  private drop(hash: string): void {
    const entry = this.living.get(hash);
    if (!entry) return;
    this.living.delete(hash);
    this.budget.remove(entry.principalId, entry.filters);
  }
}
