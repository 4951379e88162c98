/**
 * Counts the streams on the other instances. The counts arrive by broadcast, so they
 * lag by up to a second. Reading them is synchronous and never throws.
 */
export abstract class RemoteCounts {
  /** Open streams of a principal on all other instances. */
  abstract streamsOf(principalId: string): number;

  /**
   * Open streams of a client on the other instances, as far as they have a good part of the
   * limit open there.
   * @param client as `clientOf` gives it
   */
  abstract streamsFrom(client: string): number;
}
