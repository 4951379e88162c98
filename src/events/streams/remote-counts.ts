/**
 * Streams on the other instances. The counts arrive by broadcast, so they lag by
 * up to a second; reading them never waits and never fails.
 */
export abstract class RemoteCounts {
  /** Open streams of a principal on all other instances. */
  abstract streamsOf(principalId: string): number;
}
