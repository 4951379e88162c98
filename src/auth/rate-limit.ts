/** A number of acts in a number of seconds. */
export interface Quota {
  readonly points: number;
  readonly seconds: number;
}

/**
 * Counts the acts of principals and addresses.
 *
 * - **Scope**: all instances together where they share a store; each for itself while the
 *   store is away, so that a limit never turns into an outage.
 */
export abstract class RateLimit {
  /**
   * Takes one of the quota of `key`, which begins with the name of the limit.
   * @returns milliseconds to wait when there is none left; 0 when it was taken
   */
  abstract take(key: string, quota: Quota): Promise<number>;
}
