import { sha256 } from '../../kernel/ids.js';
import { ProblemError } from '../../kernel/problem.js';
import type { BackendPosts } from '../backend-posts.http.js';
import { PROOFS_PATH, ProofReplays } from './proof-replays.js';

/** Of a gateway: operator-backend remembers them, for all processes and gateways together. */
export class ReportedProofReplays extends ProofReplays {
  constructor(private readonly backends: BackendPosts) {
    super();
  }

  async take(proof: string, ms: number): Promise<boolean> {
    const answer = await this.backends.send(`${PROOFS_PATH}/${sha256(proof)}?ms=${ms}`);
    await answer?.body?.cancel();
    if (answer?.status === 204) return true;
    if (answer?.status === 403) return false;
    throw new ProblemError(
      'token_store_unavailable',
      'The gateway cannot ask operator-backend whether this DPoP proof was used. Try again as Retry-After says.',
      { retryAfterSec: 1 },
    );
  }
}
