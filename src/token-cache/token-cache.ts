import type { FilterSpec } from '../kernel/event-filter.js';

/**
 * How long an ephemeral token is valid, milliseconds. A constant, not a
 * setting: it is the exposure window that the product promises.
 */
export const TOKEN_LIFETIME_MS = 60_000;

/**
 * How long a dead token is remembered, milliseconds, so that its holder gets the problem
 * `token_expired` instead of `invalid_token`.
 */
export const TOMBSTONE_MS = 10 * 60_000;

/** The access that a token gives; fixed when the token is issued. */
export interface Grant {
  readonly principalId: string;
  /** SHA-256 (hex) of the principal's credential when the token was issued. Revoking that credential revokes the grant. */
  readonly credentialHash?: string | undefined;
  /** The session in which the token was issued; it ends with that session. */
  readonly sessionId?: string | undefined;
  readonly scopes: readonly string[];
  /** Keyed hash of the browser's cookie that each use must carry; absent: not bound to one. */
  readonly binding?: string | undefined;
  /** Filters of the principal and of the token; all must match. */
  readonly filters: readonly FilterSpec[];
  /** `expiresAt` of the principal, epoch milliseconds; absent: none. */
  readonly principalExpiresAt?: number | undefined;
}

/** The client of one use, as keyed hashes. They differ for each token and cannot be guessed. */
export interface TokenClient {
  /** Hash of its address and User-Agent. */
  readonly network: string;
  /** Hash of each cookie that may bind tokens to its browser. */
  readonly cookies: readonly string[];
}

/** Which clients may use a token again within its lifetime. */
export type ReusePolicy = 'allow' | 'same-client' | 'deny';

export type Redemption =
  | { readonly outcome: 'first' | 'reused'; readonly grant: Grant }
  /** Alive, but bound to another browser, or used before: by another client, or by anyone under `deny`. */
  | { readonly outcome: 'replayed'; readonly grant: Grant }
  | { readonly outcome: 'expired' | 'revoked' | 'unknown' };

/**
 * Keeps the grants of live ephemeral tokens under a keyed hash of the token
 * (hex). The token itself never reaches a cache.
 *
 * - **Atomicity**: `redeem` is one step. Of any number of concurrent first uses
 *   by different clients under `same-client` or `deny`, exactly one is `first`.
 * - **Lifetime**: a token put at t is valid before t + 60.000 s and expired from
 *   then on, on a monotonic clock (memory) or the store's own (Redis).
 * - **Failure**: a store that cannot answer rejects with the problem
 *   `token_store_unavailable`; it never means valid, and never unknown.
 */
export abstract class TokenCache {
  /** @throws ProblemError token_cache_full, token_store_unavailable */
  abstract put(hash: string, grant: Grant): Promise<void>;

  /**
   * Decides and records one use.
   * @param client its network is recorded at the first use
   * @throws ProblemError token_store_unavailable
   */
  abstract redeem(hash: string, client: TokenClient, reuse: ReusePolicy): Promise<Redemption>;

  /**
   * The grant of a token that is alive, without using it.
   * @throws ProblemError token_store_unavailable
   */
  abstract peek(hash: string): Promise<Grant | undefined>;

  /**
   * Ends a token. Resolves to whether it was alive.
   * @throws ProblemError token_store_unavailable
   */
  abstract revoke(hash: string): Promise<boolean>;

  /**
   * Ends every token of a principal. Resolves to how many were alive.
   * @throws ProblemError token_store_unavailable
   */
  abstract revokePrincipal(principalId: string): Promise<number>;

  /**
   * Whether this instance knows, without its store, that the token is alive: it put the
   * token, or holds a copy. False says nothing about tokens that other instances put.
   */
  abstract isLive(hash: string): boolean;

  /** Live tokens that this instance put. Never waits for a store. */
  abstract size(): number;

  /** Removes expired tokens; returns how many have expired since the last call. */
  abstract sweep(): number;
}
