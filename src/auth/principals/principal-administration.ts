import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import { ProblemError } from '../../kernel/problem.js';
import { EphemeralTokens } from '../ephemeral-tokens.js';
import { Sessions } from '../identity/sessions.js';
import type { Principal } from '../principal.js';
import { ChangeInDoubt } from '../replicas/replica.js';
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
      // The credentials first: no new token may be issued after the old ones were ended.
      await this.decide(act, 'revoked', () => this.revocations.add(principalId, hashesOf(entries)));
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
      await this.decide(act, 'disabled', () => this.setDisabled(principalId, true));
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
    const isDecided = await this.turns.run(async () => {
      const hashes = hashesOf(this.administered.find(principalId, by));
      const isRevoked = hashes.some((hash) => this.revocations.has(hash));
      const isDisabled = this.records.get(principalId)?.disabled === true;
      if (!isRevoked && !isDisabled) return false;
      // Until now its sessions were refused with the reason. None may come back, one that began
      // during the revocation included.
      await this.sessions.endAllOf(principalId);
      await this.decide(act, 'restored', async () => {
        if (isRevoked) await this.revocations.restore(principalId, hashes);
        if (isDisabled) await this.setDisabled(principalId, false);
      });
      return true;
    });
    if (isDecided) this.announce(act, 'restored');
  }

  /**
   * Records a decision and carries it out. The entry comes first: no decision may be in effect
   * without one when this process is killed. A second entry, with a reason, says that it may not
   * be in effect.
   */
  async decide(
    act: AdministrativeAct,
    what: PrincipalAct,
    carryOut: () => Promise<unknown>,
  ): Promise<void> {
    await this.record(act, what);
    try {
      await carryOut();
    } catch (error) {
      if (error instanceof ProblemError) await this.record(act, what, error.code);
      // A repeated request may find nothing left to decide.
      if (error instanceof ChangeInDoubt) this.announce(act, what);
      throw error;
    }
  }

  /** Publishes what was decided, as one event. */
  announce({ principalId, by, correlationId }: AdministrativeAct, what: PrincipalAct): void {
    this.security.principalActed(what, { principalId, by: by.id, correlationId });
  }

  private setDisabled(id: string, disabled: boolean) {
    return this.records.update(id, (current, at) => ({ ...current, id, at, disabled }));
  }

  private async ended(act: AdministrativeAct, what: 'revoked' | 'disabled'): Promise<number> {
    this.announce(act, what);
    try {
      return await this.tokens.revokeAllOf(act.principalId);
    } catch (cause) {
      if (!(cause instanceof ProblemError)) throw cause;
      const detail = `The principal is ${what}, and its tokens are refused. Not all of them are ended: a restore would admit those for the rest of their minute. Send the request again.`;
      throw new ProblemError(cause.code, detail, { retryAfterSec: 1, cause });
    }
  }

  /** @param reason why it may not be in effect */
  private record(
    { principalId, by, address, correlationId }: AdministrativeAct,
    what: PrincipalAct,
    reason?: string,
  ): Promise<void> {
    return this.audit.record({
      action: `principal.${what}`,
      actor: by.id,
      subject: principalId,
      reason,
      address,
      correlationId,
    });
  }
}

function hashesOf(entries: readonly Principal[]): string[] {
  return entries.flatMap(({ credentialHash }) => credentialHash ?? []);
}
