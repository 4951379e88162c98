import { sha256 } from '../../src/kernel/ids.js';
import type { TokenLimits } from '../../src/token-cache/token-budget.js';
import type { Grant, TokenCache } from '../../src/token-cache/token-cache.js';

export interface CacheUnderTest {
  readonly cache: TokenCache;
}

type Maybe = void | Promise<void>;

/** How the suite gets at an adapter, and what it may do to it. */
export interface TokenCacheAdapter<T extends CacheUnderTest = CacheUnderTest> {
  /** An empty cache with room for `capacity` living tokens. */
  create(capacity: number): Promise<T>;
  destroy(subject: T): Maybe;

  /** When time is the test's: milliseconds pass, for the tokens as for the clock. */
  advance?(subject: T, ms: number): Maybe;

  /** When the wall clock is the test's: somebody sets it, no time passes. */
  step?(subject: T, ms: number): Maybe;

  /** When several instances share the tokens: another one. */
  peer?(subject: T): TokenCache | Promise<TokenCache>;

  /** When it can be cut off from where it keeps the tokens. */
  readonly outage?: { begin(subject: T): Maybe; end(subject: T): Maybe };
}

/** A fresh cache for each test of the surrounding `describe`. */
export function eachWith<T extends CacheUnderTest>(
  adapter: TokenCacheAdapter<T>,
  capacity: number,
): { readonly current: T; readonly cache: TokenCache; peer(): Promise<TokenCache> } {
  let subject: T;
  beforeEach(async () => {
    subject = await adapter.create(capacity);
  });
  afterEach(async () => {
    await adapter.destroy(subject);
  });
  return {
    get current() {
      return subject;
    },
    get cache() {
      return subject.cache;
    },
    async peer() {
      return (await adapter.peer?.(subject)) ?? subject.cache;
    },
  };
}

/** Room for so many tokens, and for a few filters of 13 KB. */
export function limitsFor(capacity: number): TokenLimits {
  return { count: capacity, bytes: 250_000 + 2_000 * capacity };
}

let made = 0;

/** The SHA-256 of something that was never hashed before. */
export function newHash(): string {
  made += 1;
  return sha256(`${process.pid} ${made}`);
}

export function grantOf(principalId: string): Grant {
  return {
    principalId,
    scopes: ['events:read', 'events:publish'],
    filters: [{ severity: ['error'] }, { type: ['a.*', 'b'], module: ['m'] }],
    principalExpiresAt: 4_102_444_800_000,
  };
}
