/** Where a gateway asks whether a DPoP proof is new; not routed by the gateway. */
export const PROOFS_PATH = 'internal/proofs';

/** Remembers DPoP proofs, so that each is used once (RFC 9449, section 11.1). */
export abstract class ProofReplays {
  /**
   * Atomic, on all instances that share a store.
   * @returns whether the proof is new
   * @throws ProblemError token_store_unavailable
   */
  abstract take(proof: string, ms: number): Promise<boolean>;
}
