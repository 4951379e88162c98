import type { Clock } from '../kernel/clock.js';
import { TOKEN_LIFETIME_MS } from './token-cache.js';

interface Entry {
  readonly principalId: string;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

/**
 * Which tokens this instance put into a shared store and are still alive: for
 * counting and for the bound, never for deciding. The lifetime is one constant,
 * so insertion order is the order of expiry.
 */
export class TokenLedger {
  private readonly living = new Map<string, Entry>();
  private expired = 0;

  constructor(private readonly clock: Clock) {}

  add(hash: string, principalId: string): void {
    this.living.set(hash, { principalId, expiresAt: this.clock.monotonic() + TOKEN_LIFETIME_MS });
  }

  remove(hash: string): void {
    this.bury();
    this.living.delete(hash);
  }

  removePrincipal(principalId: string): void {
    this.bury();
    for (const [hash, entry] of this.living) {
      if (entry.principalId === principalId) this.living.delete(hash);
    }
  }

  get size(): number {
    this.bury();
    return this.living.size;
  }

  /** How many died of age since the last call. */
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
      this.living.delete(hash);
      this.expired += 1;
    }
  }
}
