import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { ProblemError } from '../kernel/problem.js';
import { EphemeralTokens } from './ephemeral-tokens.js';
import { liesWithin } from './filter-bounds.js';
import type { Principal } from './principal.js';
import { Revocations } from './revocations.js';
import { SecurityEvents } from './security-events.js';
import { TokenVerifier } from './token-verifier.js';

/** The value of `?confirm=` with which the last administrator can be revoked. */
export const CONFIRM_LAST = 'last_administrator';

export interface AdministrativeAct {
  readonly principalId: string;
  readonly by: Principal;
  readonly correlationId: string;
}

/**
 * Revokes and restores principals. An administrator with a filter administrates
 * only principals whose own filter lies inside it; for it, no others exist.
 */
@Injectable()
export class PrincipalAdministration {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
    private readonly tokens: EphemeralTokens,
    private readonly audit: AuditTrail,
    private readonly security: SecurityEvents,
  ) {}

  /**
   * Refuses a principal from now on and ends its tokens.
   * @param confirm `CONFIRM_LAST`, when nobody could restore the principal
   * @returns how many tokens were alive
   * @throws ProblemError not_found; last_administrator; token_store_unavailable, then repeat it
   */
  async revoke(
    { principalId, by, correlationId }: AdministrativeAct,
    confirm: string | undefined,
  ): Promise<number> {
    const entries = this.find(principalId, by);
    if (confirm !== CONFIRM_LAST && !this.hasOtherAdministrator(entries)) {
      throw new ProblemError(
        'last_administrator',
        `Nobody else who is not revoked may restore "${principalId}": afterwards only a changed configuration lets an administrator in again. ` +
          `To revoke it nevertheless, send the request with ?confirm=${CONFIRM_LAST}.`,
      );
    }
    // The credentials first: no new token may be issued after the old ones were ended.
    await this.revocations.add(principalId, hashesOf(entries));
    const count = await this.tokens.revokeAllOf(principalId);
    await this.audit.record({
      action: 'principal.revoked',
      actor: by.id,
      subject: principalId,
      correlationId,
    });
    this.security.principalRevoked({ principalId, by: by.id, correlationId });
    return count;
  }

  /**
   * Admits a revoked principal again, with the credentials that it has now. Its
   * ended tokens and streams stay ended.
   * @throws ProblemError not_found; token_store_unavailable, then repeat it
   */
  async restore({ principalId, by, correlationId }: AdministrativeAct): Promise<void> {
    const hashes = hashesOf(this.find(principalId, by));
    if (!hashes.some((hash) => this.revocations.has(hash))) return;
    await this.revocations.restore(principalId, hashes);
    await this.audit.record({
      action: 'principal.restored',
      actor: by.id,
      subject: principalId,
      correlationId,
    });
    this.security.principalRestored({ principalId, by: by.id, correlationId });
  }

  /** A principal outside of the administrator's filter is reported like one that does not exist. */
  private find(principalId: string, by: Principal): readonly Principal[] {
    const entries = this.verifier.principals().filter(({ id }) => id === principalId);
    if (entries.length === 0 || !entries.every((entry) => administrates(by, entry))) {
      throw new ProblemError('not_found', 'No principal that you administrate has this id.');
    }
    return entries;
  }

  private hasOtherAdministrator(target: readonly Principal[]): boolean {
    return this.verifier
      .principals()
      .some(
        (other) =>
          other.scopes.has('streams:admin') &&
          !target.some(({ id }) => id === other.id) &&
          !this.isRevoked(other) &&
          target.every((entry) => administrates(other, entry)),
      );
  }

  private isRevoked({ credentialHash }: Principal): boolean {
    return credentialHash !== undefined && this.revocations.has(credentialHash);
  }
}

function administrates(administrator: Principal, principal: Principal): boolean {
  return liesWithin(specsOf(principal), specsOf(administrator));
}

function specsOf({ filter }: Principal) {
  return filter === undefined ? [] : [filter];
}

function hashesOf(entries: readonly Principal[]): string[] {
  return entries.flatMap(({ credentialHash }) => credentialHash ?? []);
}
