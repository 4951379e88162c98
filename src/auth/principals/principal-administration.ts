import { Injectable } from '@nestjs/common';
import { AuditTrail, type AuditEntry } from '../../audit/audit-trail.js';
import { EphemeralTokens } from '../ephemeral-tokens.js';
import { Sessions } from '../identity/sessions.js';
import type { Principal } from '../principal.js';
import { Revocations } from '../revocations.js';
import { SecurityEvents, type PrincipalAct } from '../security-events.js';
import { AdministeredPrincipals } from './administered-principals.js';
import { AdministrationTurns } from './administration-turns.js';
import { PrincipalRecords } from './principal-records.js';

export interface AdministrativeAct {
  readonly principalId: string;
  readonly by: Principal;
  /** Of the administrator. */
  readonly address: string | undefined;
  readonly correlationId: string;
}

/** Revokes, disables and restores principals, wherever they come from. */
@Injectable()
export class PrincipalAdministration {
  constructor(
    private readonly administered: AdministeredPrincipals,
    private readonly records: PrincipalRecords,
    private readonly revocations: Revocations,
    private readonly tokens: EphemeralTokens,
    private readonly sessions: Sessions,
    private readonly audit: AuditTrail,
    private readonly security: SecurityEvents,
    private readonly turns: AdministrationTurns,
  ) {}

  /**
   * Refuses the present credentials and the sessions of a principal from now on, and ends its
   * tokens.
   * @param confirm `CONFIRM_LAST`, when nobody could restore the principal
   * @returns how many tokens were alive
   * @throws ProblemError not_found; last_administrator; token_store_unavailable, then repeat it
   */
  async revoke(act: AdministrativeAct, confirm: string | undefined): Promise<number> {
    const { principalId, by } = act;
    await this.turns.run(async () => {
      const entries = this.administered.find(principalId, by);
      this.administered.requireOther(entries, confirm);
      await this.record(act, 'revoked');
      // The credentials first: no new token may be issued after the old ones were ended.
      await this.revocations.add(principalId, hashesOf(entries));
    });
    return this.ended(act, 'revoked');
  }

  /**
   * Refuses this principal, whatever its credential, until it is restored.
   * @returns how many tokens were alive
   * @throws ProblemError as `revoke`
   */
  async disable(act: AdministrativeAct, confirm: string | undefined): Promise<number> {
    const { principalId, by } = act;
    await this.turns.run(async () => {
      this.administered.requireOther(this.administered.find(principalId, by), confirm);
      await this.decide(act, 'disabled', (current, at) => ({
        ...current,
        id: principalId,
        at,
        disabled: true,
      }));
    });
    return this.ended(act, 'disabled');
  }

  /**
   * Admits a revoked or disabled principal again, with the credentials that it has now.
   * Its ended tokens, sessions and streams stay ended.
   * @throws ProblemError not_found; token_store_unavailable, then repeat it
   */
  async restore(act: AdministrativeAct): Promise<void> {
    const { principalId, by } = act;
    const hashes = hashesOf(this.administered.find(principalId, by));
    const isRevoked = hashes.some((hash) => this.revocations.has(hash));
    const isDisabled = this.records.get(principalId)?.disabled === true;
    if (!isRevoked && !isDisabled) return;
    // Until now its sessions were refused with the reason. None may come back, one that began
    // during the revocation included.
    await this.sessions.endAllOf(principalId);
    await this.record(act, 'restored');
    if (isRevoked) await this.revocations.restore(principalId, hashes);
    if (isDisabled) {
      await this.records.update(principalId, (current, at) => ({
        ...current,
        id: principalId,
        at,
        disabled: false,
      }));
    }
    this.announce(act, 'restored');
  }

  /**
   * Records a decision and carries it out, in a turn of its caller. The entry comes first: no
   * decision may be in effect without one when this process is killed, or when the store fails
   * after it has taken the change.
   */
  async decide(
    act: AdministrativeAct,
    what: PrincipalAct,
    change: Parameters<PrincipalRecords['update']>[1],
  ): Promise<void> {
    const { principalId } = act;
    // Throws what speaks against it.
    change(this.records.get(principalId), 0);
    await this.record(act, what);
    await this.records.update(principalId, change);
  }

  /** Publishes what was decided, as one event. */
  announce({ principalId, by, correlationId }: AdministrativeAct, what: PrincipalAct): void {
    this.security.principalActed(what, { principalId, by: by.id, correlationId });
  }

  private async ended(act: AdministrativeAct, what: 'revoked' | 'disabled'): Promise<number> {
    const count = await this.tokens.revokeAllOf(act.principalId);
    this.announce(act, what);
    return count;
  }

  private record(
    { principalId, by, address, correlationId }: AdministrativeAct,
    what: PrincipalAct,
  ): Promise<void> {
    const action: AuditEntry['action'] = `principal.${what}`;
    return this.audit.record({
      action,
      actor: by.id,
      subject: principalId,
      address,
      correlationId,
    });
  }
}

function hashesOf(entries: readonly Principal[]): string[] {
  return entries.flatMap(({ credentialHash }) => credentialHash ?? []);
}
