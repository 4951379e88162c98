import { Subject } from 'rxjs';
import type { Replica } from './replicas/replica.js';
import type { Revocation } from './revocation.js';

/**
 * Long-lived credentials that are refused although the configuration names
 * them. What is revoked is the credential, not the name: a principal with a new
 * token is admitted again. Delivery, order and failure are those of the `Replica` that
 * keeps the decisions.
 */
export class Revocations {
  /** Ids of principals as they are revoked, here or by another instance. */
  readonly revoked = new Subject<string>();
  /** Emits after every change, restores included. */
  readonly changed = new Subject<void>();

  constructor(private readonly decisions: Replica<Revocation>) {
    decisions.updates.subscribe((news) => this.report(news));
  }

  /**
   * What this instance knows; no request to a store.
   * @param credentialHash SHA-256 in hex
   * @throws ProblemError revocations_unknown, at a gateway
   */
  has(credentialHash: string): boolean {
    return this.decisions.get(credentialHash)?.revoked === true;
  }

  /** Every decision that this instance knows, restores included. */
  entries(): readonly Revocation[] {
    return this.decisions.entries();
  }

  /** @throws ProblemError token_store_unavailable */
  async add(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, true);
    // A principal without a credential of its own needs no record, but may have streams to
    // end.
    if (credentialHashes.length === 0) this.revoked.next(principalId);
  }

  /**
   * Admits the credentials again.
   * @throws ProblemError token_store_unavailable
   */
  async restore(principalId: string, credentialHashes: readonly string[]): Promise<void> {
    await this.decide(principalId, credentialHashes, false);
  }

  private async decide(
    principalId: string,
    credentialHashes: readonly string[],
    revoked: boolean,
  ): Promise<void> {
    await Promise.all(
      credentialHashes.map((credentialHash) =>
        this.decisions.update(credentialHash, (_, at) => ({
          credentialHash,
          principalId,
          revoked,
          at,
        })),
      ),
    );
  }

  private report(news: readonly Revocation[]): void {
    for (const id of new Set(news.flatMap((entry) => (entry.revoked ? entry.principalId : [])))) {
      this.revoked.next(id);
    }
    this.changed.next();
  }
}
