import { ProblemError } from '../kernel/problem.js';
import type { Grant } from './token-cache.js';

/** Part of each limit that one principal may use, so that it cannot fill the cache for the others. */
const PRINCIPAL_SHARE = 0.75;
/** Bytes of one token besides its filters: hashes, ids, entries of maps. Measured, rounded up. */
export const TOKEN_BYTES = 1_000;
/** Bytes of memory a character of a filter's JSON takes: strings, lists and their headers. */
export const BYTES_PER_CHARACTER = 4;

export interface TokenLimits {
  /** Live tokens. */
  readonly count: number;
  /** Bytes of memory that they take. */
  readonly bytes: number;
}

interface Usage {
  count: number;
  bytes: number;
}

/**
 * What live tokens cost, in total and for each principal. Equal filters are stored once
 * and charged once in the total. Each principal is also charged once for each filter that
 * its tokens have.
 */
export class TokenBudget {
  private readonly total: Usage = { count: 0, bytes: 0 };
  private readonly byPrincipal = new Map<string, Usage & { filters: Map<string, number> }>();
  private readonly interned = new Map<
    string,
    { key: string; filters: Grant['filters']; bytes: number; users: number }
  >();

  constructor(private readonly limits: TokenLimits) {}

  /**
   * Charges a token. Returns its grant with filters that equal grants share.
   * @throws ProblemError token_cache_full
   */
  add(grant: Grant): { grant: Grant; key: string } {
    const key = JSON.stringify(grant.filters);
    const size = key.length * BYTES_PER_CHARACTER;
    const own = this.byPrincipal.get(grant.principalId) ?? {
      count: 0,
      bytes: 0,
      filters: new Map<string, number>(),
    };
    const known = this.interned.get(key);
    this.check(this.total, TOKEN_BYTES + (known ? 0 : size), 1, 'All principals together');
    const ownBytes = TOKEN_BYTES + (own.filters.has(key) ? 0 : size);
    this.check(own, ownBytes, PRINCIPAL_SHARE, 'This principal');
    const shared = known ?? { key, filters: grant.filters, bytes: size, users: 0 };
    shared.users += 1;
    this.interned.set(key, shared);
    this.total.count += 1;
    this.total.bytes += TOKEN_BYTES + (known ? 0 : size);
    own.count += 1;
    own.bytes += ownBytes;
    own.filters.set(key, (own.filters.get(key) ?? 0) + 1);
    this.byPrincipal.set(grant.principalId, own);
    // Equal keys are kept in memory once too.
    const isShared = grant.filters === shared.filters;
    return { grant: isShared ? grant : { ...grant, filters: shared.filters }, key: shared.key };
  }

  /** Undoes the charge of one `add`. */
  remove(principalId: string, key: string): void {
    const shared = this.interned.get(key);
    const own = this.byPrincipal.get(principalId);
    if (!shared || !own) return;
    shared.users -= 1;
    this.total.count -= 1;
    this.total.bytes -= TOKEN_BYTES;
    if (shared.users === 0) {
      this.interned.delete(key);
      this.total.bytes -= shared.bytes;
    }
    const left = (own.filters.get(key) ?? 1) - 1;
    own.count -= 1;
    own.bytes -= TOKEN_BYTES;
    if (left > 0) own.filters.set(key, left);
    else {
      own.filters.delete(key);
      own.bytes -= shared.bytes;
    }
    if (own.count === 0) this.byPrincipal.delete(principalId);
  }

  /** Bytes that live tokens are charged for. */
  get bytes(): number {
    return this.total.bytes;
  }

  private check(usage: Usage, bytes: number, share: number, who: string): void {
    // One token always fits, however small the limits are.
    const count = Math.max(1, Math.floor(this.limits.count * share));
    const room = Math.floor(this.limits.bytes * share);
    if (usage.count >= count) {
      throw new ProblemError(
        'token_cache_full',
        `${who} may have ${count} live tokens on this instance. Wait until some expire, or raise VX11_TOKEN_CACHE_MAX.`,
        { retryAfterSec: 5 },
      );
    }
    if (usage.bytes + bytes > room) {
      throw new ProblemError(
        'token_cache_full',
        `${who} may use ${room} bytes for live tokens on this instance. Use smaller or equal filters, wait until tokens expire, or raise VX11_TOKEN_CACHE_BYTES.`,
        { retryAfterSec: 5 },
      );
    }
  }
}
