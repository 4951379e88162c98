/**
 * Lets the decisions about principals be made one at a time, on all instances together: each
 * sees the results of those before it, of all principals. `Replica.update` is atomic for one
 * entry only. Two administrators that revoked each other at the same moment locked everybody
 * out, and one token could become two principals.
 *
 * - **Failure**: `run` rejects with the problem `token_store_unavailable` when it is never its
 *   turn; then nothing was decided.
 */
export abstract class AdministrationTurns {
  /**
   * @param decide checks and changes records; it must not take a turn itself
   * @throws ProblemError token_store_unavailable; what `decide` throws
   */
  abstract run<T>(decide: () => Promise<T>): Promise<T>;
}
