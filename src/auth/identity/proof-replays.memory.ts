import type { Clock } from '../../kernel/clock.js';
import { sha256 } from '../../kernel/ids.js';
import { ProblemError } from '../../kernel/problem.js';
import { ProofReplays } from './proof-replays.js';

/** Proofs that are remembered at most; forgetting one early would let it be used again. */
const MOST = 200_000;

/** Of this process alone. */
export class MemoryProofReplays extends ProofReplays {
  /** Until when each is remembered, in the order of arrival; monotonic milliseconds. */
  private readonly until = new Map<string, number>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {
    super();
  }

  async take(proof: string, ms: number): Promise<boolean> {
    const now = this.clock.monotonic();
    for (const [key, end] of this.until) {
      if (end > now) break;
      this.until.delete(key);
    }
    const key = sha256(proof);
    if ((this.until.get(key) ?? -Infinity) > now) return false;
    if (this.until.size >= MOST) {
      throw new ProblemError(
        'token_store_unavailable',
        'Too many DPoP proofs within their lifetime. Try again as Retry-After says.',
        { retryAfterSec: 5 },
      );
    }
    this.until.set(key, now + ms);
    return true;
  }
}
