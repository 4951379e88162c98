import type { Clock } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';
import type { RedisClient } from '../redis/client.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  type Grant,
  type Redemption,
  type ReusePolicy,
} from './token-cache.js';
import { TokenLedger } from './token-ledger.js';
import { PUT, REDEEM, REVOKE, REVOKE_PRINCIPAL } from './token-scripts.redis.js';
import { TokenStore, type TimedRedemption } from './token-store.js';

/** Slots that tokens are spread over, so that a cluster shares the work. */
const GROUPS = 64;

/**
 * Tokens of all instances, in Redis. Every method but `revokePrincipal` is one
 * command; Redis's own clock measures the lifetime.
 */
export class RedisTokenCache extends TokenStore {
  private readonly own: TokenLedger;

  constructor(
    private readonly redis: RedisClient,
    clock: Clock,
    /** Greatest number of living tokens that this instance puts. */
    private readonly capacity: number,
  ) {
    super();
    this.own = new TokenLedger(clock);
  }

  async put(hash: string, grant: Grant): Promise<void> {
    if (this.own.size >= this.capacity) {
      throw new ProblemError(
        'token_cache_full',
        `${this.capacity} tokens of this instance are alive, the most that it may have. Wait for some to expire, or raise VX11_TOKEN_CACHE_MAX.`,
        { retryAfterSec: 5 },
      );
    }
    this.own.add(hash, grant.principalId);
    try {
      const { token, death, group } = this.keys(hash);
      const principal = this.redis.key(group, 'p', grant.principalId);
      await this.redis.run(
        PUT,
        [token, death, principal],
        [hash, JSON.stringify(grant), TOKEN_LIFETIME_MS, TOKEN_LIFETIME_MS + TOMBSTONE_MS],
      );
    } catch (error) {
      this.own.remove(hash);
      throw problem(error);
    }
  }

  async redeem(hash: string, client: string, reuse: ReusePolicy): Promise<Redemption> {
    return (await this.redeemTimed(hash, client, reuse)).redemption;
  }

  async redeemTimed(hash: string, client: string, reuse: ReusePolicy): Promise<TimedRedemption> {
    const { token, death } = this.keys(hash);
    const [outcome, grant, leftMs = 0] = await this.ask(
      this.redis.run(REDEEM, [token, death], [client, reuse]) as Promise<
        [outcome: Redemption['outcome'], grant?: string, leftMs?: number]
      >,
    );
    const redemption =
      grant === undefined ? { outcome } : { outcome, grant: JSON.parse(grant) as Grant };
    return { redemption: redemption as Redemption, leftMs };
  }

  async peek(hash: string): Promise<Grant | undefined> {
    const grant = await this.ask(this.redis.send('HGET', [this.keys(hash).token, 'g']));
    return typeof grant === 'string' ? (JSON.parse(grant) as Grant) : undefined;
  }

  async revoke(hash: string): Promise<boolean> {
    const { token, death } = this.keys(hash);
    const alive = await this.ask(this.redis.run(REVOKE, [token, death], [TOMBSTONE_MS]));
    if (alive === 1) this.own.remove(hash);
    return alive === 1;
  }

  async revokePrincipal(principalId: string): Promise<number> {
    const counts = await this.ask(
      Promise.all(
        Array.from({ length: GROUPS }, (_, index) => {
          const group = groupName(index);
          const [token, death] = [this.redis.key(group, 't', ''), this.redis.key(group, 'd', '')];
          const principal = this.redis.key(group, 'p', principalId);
          return this.redis.run(REVOKE_PRINCIPAL, [principal], [token, death, TOMBSTONE_MS]);
        }),
      ),
    );
    this.own.removePrincipal(principalId);
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  forget(revoked: { hash: string } | { principalId: string }): void {
    if ('hash' in revoked) this.own.remove(revoked.hash);
    else this.own.removePrincipal(revoked.principalId);
  }

  size(): number {
    return this.own.size;
  }

  sweep(): number {
    return this.own.takeExpired();
  }

  private keys(hash: string): { group: string; token: string; death: string } {
    const group = groupName(Number.parseInt(hash.slice(0, 2), 16) % GROUPS);
    return {
      group,
      token: this.redis.key(group, 't', hash),
      death: this.redis.key(group, 'd', hash),
    };
  }

  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw problem(error);
    }
  }
}

function groupName(index: number): string {
  return `tokens:${index}`;
}

function problem(error: unknown): unknown {
  if (!(error instanceof RedisUnavailable)) return error;
  return new ProblemError(
    'token_store_unavailable',
    'The token store does not answer. Try again as Retry-After says.',
    { retryAfterSec: 1, cause: error },
  );
}
