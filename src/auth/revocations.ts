import type { Observable } from 'rxjs';

/**
 * Long-lived credentials that are refused although the configuration names
 * them. What is revoked is the credential, not the name: a principal that is
 * given a new token is admitted again.
 *
 * - **Delivery**: what one instance revokes, all others refuse within a second;
 *   one that was cut off refuses it as soon as it is back.
 * - **Failure**: `add` rejects with the problem `token_store_unavailable`; the
 *   credentials may be revoked all the same.
 */
export abstract class Revocations {
  /** Principals as they are revoked, here or by another instance. */
  abstract readonly revoked: Observable<string>;

  /**
   * What this instance knows; asks nobody.
   * @param credential SHA-256 in hex
   */
  abstract has(credential: string): boolean;

  /** @throws ProblemError token_store_unavailable */
  abstract add(principalId: string, credentials: readonly string[]): Promise<void>;
}
