import { TokenCache, type Redemption, type ReusePolicy, type TokenClient } from './token-cache.js';

/** A redemption, and the token's remaining lifetime in milliseconds; 0 when it is not alive. */
export interface TimedRedemption {
  readonly redemption: Redemption;
  readonly leftMs: number;
}

/** A token cache that several instances share. Other caches may keep copies of its tokens. */
export abstract class TokenStore extends TokenCache {
  /**
   * Like `redeem`, for a caller that keeps a copy.
   * @throws ProblemError token_store_unavailable
   */
  abstract redeemTimed(
    hash: string,
    client: TokenClient,
    reuse: ReusePolicy,
  ): Promise<TimedRedemption>;

  /** Another instance ended the token, or all of the principal's. */
  abstract forget(revoked: { hash: string } | { principalId: string }): void;
}
