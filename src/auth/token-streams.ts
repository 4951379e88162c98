import type { FilterSpec } from '../kernel/event-filter.js';

/** Which streams a revocation may end; absent fields do not restrict it. */
export interface EndScope {
  /** Only streams of this principal. */
  readonly ownerId?: string | undefined;
  /** Only streams whose right to read lies inside this filter. */
  readonly within?: readonly FilterSpec[] | undefined;
}

/**
 * The streams that were opened with a token, on all instances. The room that
 * carries the streams implements it.
 */
export abstract class TokenStreams {
  /**
   * Ends the streams that were opened with the token, which they may have
   * outlived.
   * @param hashes of the token, as `EphemeralTokens` computes them
   * @throws ProblemError instances_unreachable
   */
  abstract endWithToken(hashes: readonly string[], scope: EndScope): Promise<void>;

  /**
   * Counts the rights and tokens whose end this instance has heard of. A stream whose
   * credential was checked at one moment ends by whatever came after it, though it opened later.
   */
  abstract readonly moment: number;

  /** Open streams of a principal on all instances, as last reported by the others. */
  abstract countOf(principalId: string): number;
}
