import { sha256 } from '../../kernel/ids.js';
import { ProblemError } from '../../kernel/problem.js';
import type { RedisClient } from '../../redis/client.js';
import { RedisUnavailable } from '../../redis/unavailable.js';
import { ProofReplays } from './proof-replays.js';

/** Of all instances: one key for each proof, which expires with it. */
export class RedisProofReplays extends ProofReplays {
  constructor(private readonly redis: RedisClient) {
    super();
  }

  async take(proof: string, ms: number): Promise<boolean> {
    try {
      const hash = sha256(proof);
      const key = this.redis.key(`dpop:${hash.slice(0, 2)}`, hash);
      return (await this.redis.send('SET', [key, '', 'PX', ms, 'NX'])) === 'OK';
    } catch (cause) {
      if (!(cause instanceof RedisUnavailable)) throw cause;
      throw new ProblemError(
        'token_store_unavailable',
        'Used DPoP proofs cannot be looked up now. Try again as Retry-After says.',
        { retryAfterSec: 1, cause },
      );
    }
  }
}
