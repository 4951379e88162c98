import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { RedisClient } from '../redis/client.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import {
  TOKEN_LIFETIME_MS,
  TOMBSTONE_MS,
  type Grant,
  type Redemption,
  type ReusePolicy,
  type TokenClient,
} from './token-cache.js';
import type { Keyring } from './keyring.js';
import type { TokenLimits } from './token-budget.js';
import { TokenLedger } from './token-ledger.js';
import { PUT, REDEEM, REVOKE, REVOKE_PRINCIPAL } from './token-scripts.redis.js';
import { TokenStore, type TimedRedemption } from './token-store.js';

/**
 * How far the clocks of two instances may differ, milliseconds. Redis measures the
 * lifetime. This limits it if the expiry of an entry has been removed in Redis.
 */
const SKEW_MS = 5 * 60_000;
/** Number of slots that tokens are spread over, so that the nodes of a cluster share the load. */
const GROUPS = 64;

/**
 * Tokens of all instances, in Redis. Every method but `revokePrincipal` is one
 * command; Redis's own clock measures the lifetime.
 */
export class RedisTokenCache extends TokenStore {
  private readonly own: TokenLedger;
  /**
   * Tokens that were revoked, until they would have expired; monotonic milliseconds. A failover of
   * Redis can lose the revocation.
   */
  private readonly revoked = new Map<string, number>();

  constructor(
    private readonly redis: RedisClient,
    private readonly clock: Clock,
    /** Limits of the live tokens that this instance has put. */
    limits: TokenLimits,
    private readonly keyring: Keyring,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.own = new TokenLedger(clock, limits);
  }

  async put(hash: string, grant: Grant): Promise<void> {
    this.own.add(hash, grant);
    try {
      const { token, death, group } = this.keys(hash);
      const principal = this.redis.key(group, 'p', grant.principalId);
      await this.redis.run(
        PUT,
        [token, death, principal],
        [
          hash,
          this.keyring.seal(hash, JSON.stringify({ at: this.clock.now(), grant })),
          TOKEN_LIFETIME_MS,
          TOKEN_LIFETIME_MS + TOMBSTONE_MS,
          grant.binding ?? '',
        ],
      );
    } catch (error) {
      this.own.remove(hash);
      throw problem(error);
    }
  }

  async redeem(hash: string, client: TokenClient, reuse: ReusePolicy): Promise<Redemption> {
    return (await this.redeemTimed(hash, client, reuse)).redemption;
  }

  async redeemTimed(
    hash: string,
    client: TokenClient,
    reuse: ReusePolicy,
  ): Promise<TimedRedemption> {
    const { token, death } = this.keys(hash);
    const [outcome, sealed, leftMs = 0] = await this.ask(
      this.redis.run(REDEEM, [token, death], [client.network, reuse, ...client.cookies]) as Promise<
        [outcome: Redemption['outcome'], sealed?: string, leftMs?: number]
      >,
    );
    if (sealed === undefined) return { redemption: { outcome } as Redemption, leftMs };
    const grant = this.open(hash, sealed);
    if (!grant) return { redemption: { outcome: 'unknown' }, leftMs: 0 };
    if (this.revoked.has(hash)) return { redemption: { outcome: 'revoked' }, leftMs: 0 };
    // Check the sealed grant too: a writer to Redis can remove the stored binding, but not this one.
    const isBound = grant.binding === undefined || client.cookies.includes(grant.binding);
    return { redemption: { outcome: isBound ? outcome : 'replayed', grant } as Redemption, leftMs };
  }

  async peek(hash: string): Promise<Grant | undefined> {
    const sealed = await this.ask(this.redis.send('HGET', [this.keys(hash).token, 'g']));
    return typeof sealed === 'string' ? this.open(hash, sealed) : undefined;
  }

  async revoke(hash: string): Promise<boolean> {
    const { token, death } = this.keys(hash);
    const alive = await this.ask(this.redis.run(REVOKE, [token, death], [TOMBSTONE_MS]));
    if (alive === 1) this.forget({ hash });
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
    if ('hash' in revoked) {
      this.own.remove(revoked.hash);
      this.revoked.set(revoked.hash, this.clock.monotonic() + TOKEN_LIFETIME_MS);
    } else this.own.removePrincipal(revoked.principalId);
  }

  isLive(hash: string): boolean {
    return this.own.has(hash);
  }

  size(): number {
    return this.own.size;
  }

  sweep(): number {
    const now = this.clock.monotonic();
    for (const [hash, until] of this.revoked) if (until <= now) this.revoked.delete(hash);
    return this.own.takeExpired();
  }

  /** The grant, if a key of the ring sealed it for this token, and not too long ago. */
  private open(hash: string, sealed: string): Grant | undefined {
    const opened = this.keyring.open(hash, sealed);
    const { at, grant } = (opened ? JSON.parse(opened.text) : {}) as { at?: number; grant?: Grant };
    if (grant && at !== undefined && this.clock.now() - at <= TOKEN_LIFETIME_MS + SKEW_MS) {
      return grant;
    }
    this.logger.warn(
      { forged: grant === undefined },
      'a grant in Redis was not sealed by a key of VX11_TOKEN_KEYS, or is too old; it counts as unknown',
    );
    return undefined;
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
