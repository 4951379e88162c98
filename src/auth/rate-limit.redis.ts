import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { RedisClient } from '../redis/client.js';
import { RateLimit } from './rate-limit.js';
import { takeOne } from './take-one.js';

/** Of all instances together; a second command for each token of a principal that has a limit. */
export class RedisRateLimit extends RateLimit {
  private readonly limiters = new Map<number, RateLimiterAbstract>();

  constructor(private readonly redis: RedisClient) {
    super();
  }

  take(principalId: string, perSecond: number): Promise<number> {
    let limiter = this.limiters.get(perSecond);
    if (!limiter) {
      const window = { points: perSecond, duration: 1 };
      limiter = new RateLimiterRedis({
        ...window,
        storeClient: this.redis.forLibraries,
        keyPrefix: this.redis.key('rate', String(perSecond)),
        // A caller that is refused already need not be counted further.
        inMemoryBlockOnConsumed: perSecond + 1,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(window),
      });
      this.limiters.set(perSecond, limiter);
    }
    return takeOne(limiter, principalId);
  }
}
