import type { Observable } from 'rxjs';
import type { Revocation } from './revocation-table.js';

/**
 * Long-lived credentials that are refused although the configuration names
 * them. What is revoked is the credential, not the name: a principal with a new
 * token is admitted again.
 *
 * - **Delivery**: every instance refuses within a second what one of them
 *   revokes, and admits within a second what one restores. An instance that was
 *   cut off catches up when it is back.
 * - **Order**: the last decision about a credential wins, on every instance.
 * - **Failure**: `add` and `restore` reject with the problem
 *   `token_store_unavailable`. The decision may have taken effect.
 */
export abstract class Revocations {
  /** Ids of principals as they are revoked, here or by another instance. */
  abstract readonly revoked: Observable<string>;

  /** Emits after every change, restores included. */
  abstract readonly changed: Observable<void>;

  /**
   * What this instance knows; no request to a store.
   * @param credentialHash SHA-256 in hex
   */
  abstract has(credentialHash: string): boolean;

  /** Every decision that this instance knows, restores included. */
  abstract entries(): readonly Revocation[];

  /** @throws ProblemError token_store_unavailable */
  abstract add(principalId: string, credentialHashes: readonly string[]): Promise<void>;

  /**
   * Admits the credentials again.
   * @throws ProblemError token_store_unavailable
   */
  abstract restore(principalId: string, credentialHashes: readonly string[]): Promise<void>;
}
