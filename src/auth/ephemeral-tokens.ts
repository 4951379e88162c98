import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { Environment } from '../config/environment.js';
import type { FilterSpec } from '../kernel/event-filter.js';
import { isToken, newToken } from '../kernel/ids.js';
import { ProblemError } from '../kernel/problem.js';
import { Clock } from '../kernel/clock.js';
import { Keyring, type TokenKey } from '../token-cache/keyring.js';
import {
  TOKEN_LIFETIME_MS,
  type Grant,
  type Redemption,
  TokenCache,
  type TokenClient,
} from '../token-cache/token-cache.js';
import { liesWithin } from './filter-bounds.js';
import { grantOf, Grants } from './grants.js';
import type { Principal } from './principal.js';
import { RequestLimits } from './request-limits.js';
import { SessionStore } from './identity/session-store.js';
import { PrincipalRights } from './principal-rights.js';
import { SecurityEvents } from './security-events.js';
import { TokenMetrics, type InvalidReason } from './token-metrics.js';

/** The lifetime that a client is given, seconds. */
export const LIFETIME_SEC = TOKEN_LIFETIME_MS / 1000;

/** The client of a request, as far as the network identifies it. */
export interface Caller {
  /** Address behind the trusted proxies. */
  readonly address: string;
  readonly userAgent: string;
  readonly correlationId: string;
  /** Cookies that may bind tokens to its browser, each as `name=value`. */
  readonly cookies?: readonly string[];
}

export interface RedeemedToken {
  readonly grant: Grant;
  readonly tokenHash: string;
  readonly reused: boolean;
}

const REFUSALS = {
  malformed: [
    'invalid_token',
    'This is not an ephemeral token. Request one with POST /operator/api/events/sse-token.',
  ],
  unknown: [
    'invalid_token',
    'This token is not known here. Request a new one with POST /operator/api/events/sse-token.',
  ],
  revoked: [
    'invalid_token',
    'This token was revoked. Request a new one with POST /operator/api/events/sse-token.',
  ],
  expired: [
    'token_expired',
    'This token is older than 60 seconds. Request a new one with POST /operator/api/events/sse-token.',
  ],
  replayed: [
    'token_replayed',
    'This token was first used by another client. Request a token of your own; if nobody else should have had it, revoke it.',
  ],
} as const satisfies Record<InvalidReason, readonly [string, string]>;

/** Issues, redeems and revokes ephemeral tokens. The only class that sees one in clear. */
@Injectable()
export class EphemeralTokens {
  private readonly grants = new Grants();

  constructor(
    private readonly cache: TokenCache,
    private readonly keyring: Keyring,
    private readonly audit: AuditTrail,
    private readonly metrics: TokenMetrics,
    private readonly security: SecurityEvents,
    private readonly rights: PrincipalRights,
    private readonly sessions: SessionStore,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
    @Inject(Environment)
    private readonly config: Pick<Environment, 'VX11_SSE_TOKEN_REUSE' | 'VX11_ISSUE_RATE_LIMIT'>,
  ) {}

  /**
   * Issues a token to the principal, narrowed by `filter`.
   * @param cookie of the browser that must present it with every use; ignored where
   *   every client may use a token (`allow`)
   * @throws ProblemError rate_limited, token_cache_full, token_store_unavailable
   */
  async issue(
    principal: Principal,
    filter: FilterSpec | undefined,
    { address, correlationId }: Pick<Caller, 'address' | 'correlationId'>,
    cookie?: string,
  ): Promise<string> {
    const startedAt = this.clock.monotonic();
    const limit = principal.rateLimit ?? this.config.VX11_ISSUE_RATE_LIMIT;
    await this.limits.admit('issue', { principalId: principal.id, address, correlationId }, limit);
    const token = newToken();
    const { current } = this.keyring;
    const isBound = cookie !== undefined && this.config.VX11_SSE_TOKEN_REUSE !== 'allow';
    const grant = filter === undefined ? this.grants.of(principal) : grantOf(principal, filter);
    await this.cache.put(
      hashOf(current, token),
      isBound ? { ...grant, binding: bindingOf(current, token, cookie) } : grant,
    );
    await this.audit.record({
      action: 'token.issued',
      actor: principal.id,
      address,
      correlationId,
    });
    this.metrics.issued((this.clock.monotonic() - startedAt) / 1000);
    return token;
  }

  /**
   * One use of a token.
   * @throws ProblemError invalid_token, token_expired, token_replayed, token_store_unavailable
   */
  async redeem(token: string, caller: Caller): Promise<RedeemedToken> {
    const startedAt = this.clock.monotonic();
    const seconds = () => (this.clock.monotonic() - startedAt) / 1000;
    if (!isToken(token)) throw await this.refuse('malformed', undefined, caller, seconds());
    const { redemption, tokenHash } = await this.use(token, caller);
    switch (redemption.outcome) {
      case 'first':
      case 'reused': {
        // An instance that did not know of the revocation yet may have issued it since.
        if (!(await this.isStillRight(redemption.grant))) {
          throw await this.refuse('revoked', undefined, caller, seconds());
        }
        const reused = redemption.outcome === 'reused';
        if (reused) this.metrics.reused();
        this.metrics.validated('ephemeral', 'valid', seconds());
        await this.audit.record({
          action: 'token.redeemed',
          actor: redemption.grant.principalId,
          address: caller.address,
          correlationId: caller.correlationId,
          detail: { reused },
        });
        return { grant: this.today(redemption.grant), tokenHash, reused };
      }
      case 'replayed':
        throw await this.refuse('replayed', redemption.grant.principalId, caller, seconds());
      case 'expired':
      case 'revoked':
      case 'unknown':
        throw await this.refuse(redemption.outcome, undefined, caller, seconds());
      default:
        return redemption satisfies never;
    }
  }

  /**
   * Ends a token. No error when it is not alive. Resolves to its hashes, which find the
   * streams that were opened with it.
   * @throws ProblemError insufficient_scope for the token of another principal, not_found for
   *   one outside of an administrator's filter
   */
  async revoke(
    token: string,
    by: Principal,
    caller: Pick<Caller, 'address' | 'correlationId'>,
  ): Promise<readonly string[]> {
    const hashes = this.keyring.keys.map((key) => hashOf(key, token));
    for (const hash of hashes) await this.revokeHash(hash, by, caller);
    return hashes;
  }

  /**
   * Ends all tokens of a principal. Resolves to how many were alive.
   * @throws ProblemError token_store_unavailable
   */
  async revokeAllOf(principalId: string): Promise<number> {
    const count = await this.cache.revokePrincipal(principalId);
    this.metrics.revoked(count);
    return count;
  }

  /**
   * Whether the text is a live token, as far as this instance knows without its store. For
   * redaction, which cannot wait.
   */
  isLive(text: string): boolean {
    return isToken(text) && this.keyring.keys.some((key) => this.cache.isLive(hashOf(key, text)));
  }

  /** Drops what has expired; called by the schedule. */
  sweep(): void {
    this.metrics.expired(this.cache.sweep());
  }

  /**
   * The grant within the present rights of its principal, which may have been narrowed since
   * it was issued.
   */
  private today(grant: Grant): Grant {
    const { credentialHash, scopes, filters } = grant;
    const principal =
      credentialHash === undefined ? undefined : this.rights.withCredential(credentialHash);
    if (!principal) return grant;
    return {
      ...grant,
      scopes: scopes.filter((scope) => (principal.scopes as ReadonlySet<string>).has(scope)),
      filters:
        principal.filter === undefined || liesWithin(filters, [principal.filter])
          ? filters
          : [...filters, principal.filter],
    };
  }

  private async isStillRight(grant: Grant): Promise<boolean> {
    const { principalId, credentialHash, sessionId, principalExpiresAt = Infinity } = grant;
    if (principalExpiresAt <= this.clock.now()) return false;
    if (this.rights.refusal(principalId, credentialHash) !== undefined) return false;
    return sessionId === undefined || (await this.sessions.get(sessionId)) !== undefined;
  }

  /** Redeems the token under the key that it was issued with. */
  private async use(
    token: string,
    caller: Caller,
  ): Promise<{ redemption: Redemption; tokenHash: string }> {
    const reuse = this.config.VX11_SSE_TOKEN_REUSE;
    const attempt = async (key: TokenKey) => {
      const tokenHash = hashOf(key, token);
      const client = clientOf(key, token, caller);
      return { redemption: await this.cache.redeem(tokenHash, client, reuse), tokenHash };
    };
    const [current, ...previous] = this.keyring.keys as readonly [TokenKey, ...TokenKey[]];
    let result = await attempt(current);
    for (const key of previous) {
      if (result.redemption.outcome !== 'unknown') break;
      result = await attempt(key);
    }
    return result;
  }

  private async revokeHash(
    hash: string,
    by: Principal,
    { address, correlationId }: Pick<Caller, 'address' | 'correlationId'>,
  ): Promise<void> {
    const grant = await this.cache.peek(hash);
    if (grant && grant.principalId !== by.id) {
      if (!by.scopes.has('streams:admin')) {
        throw new ProblemError(
          'insufficient_scope',
          'This token belongs to another principal; revoking it needs the scope streams:admin.',
        );
      }
      if (by.filter && !liesWithin(grant.filters, [by.filter])) {
        throw new ProblemError('not_found', 'No token that you administrate has this value.');
      }
    }
    if (!(await this.cache.revoke(hash))) return;
    this.metrics.revoked(1);
    await this.audit.record({
      action: 'token.revoked',
      actor: by.id,
      subject: grant?.principalId,
      address,
      correlationId,
    });
  }

  private async refuse(
    reason: InvalidReason,
    principalId: string | undefined,
    caller: Caller,
    seconds: number,
  ): Promise<ProblemError> {
    this.metrics.invalid(reason);
    this.metrics.validated('ephemeral', 'invalid', seconds);
    const { address, userAgent, correlationId } = caller;
    if (reason === 'replayed' && principalId !== undefined) {
      await this.audit.record({
        action: 'token.replayed',
        subject: principalId,
        owner: principalId,
        address,
        correlationId,
      });
      this.security.tokenReplayed({ principalId, address, userAgent, correlationId });
    } else {
      await this.audit.record({ action: 'token.refused', reason, address, correlationId });
    }
    const [code, detail] = REFUSALS[reason];
    return new ProblemError(code, detail);
  }
}

function hashOf(key: TokenKey, token: string): string {
  return key.hash('token', token);
}

/** Includes the token, so that the hashes of one client's tokens cannot be linked. */
function bindingOf(key: TokenKey, token: string, cookie: string): string {
  return key.hash('client', `${token}\ncookie\n${cookie}`);
}

function clientOf(key: TokenKey, token: string, caller: Caller): TokenClient {
  const { address, userAgent, cookies = [] } = caller;
  return {
    network: key.hash('client', `${token}\nnetwork\n${address}\n${userAgent}`),
    cookies: cookies.map((cookie) => bindingOf(key, token, cookie)),
  };
}
