/**
 * Counts what each principal has had issued.
 *
 * - **Scope**: all instances together where they share a store; each for itself
 *   while the store is away, so that a limit never turns into an outage.
 */
export abstract class RateLimit {
  /**
   * Takes one of `perSecond`.
   * @returns milliseconds to wait when there is none left; 0 when it was taken
   */
  abstract take(principalId: string, perSecond: number): Promise<number>;
}
