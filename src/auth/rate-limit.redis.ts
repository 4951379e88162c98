import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { RedisClient } from '../redis/client.js';
import { RateLimit, type Quota } from './rate-limit.js';
import { takeOne } from './take-one.js';

/** Of all instances together; a second command for each request that has a limit. */
export class RedisRateLimit extends RateLimit {
  private readonly limiters = new Map<string, RateLimiterAbstract>();

  constructor(private readonly redis: RedisClient) {
    super();
  }

  take(key: string, { points, seconds }: Quota): Promise<number> {
    const name = `${points}-${seconds}`;
    let limiter = this.limiters.get(name);
    if (!limiter) {
      const window = { points, duration: seconds };
      limiter = new RateLimiterRedis({
        ...window,
        storeClient: this.redis.forLibraries,
        keyPrefix: this.redis.key('rate', name),
        // A caller that is refused already need not be counted further.
        inMemoryBlockOnConsumed: points + 1,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(window),
      });
      this.limiters.set(name, limiter);
    }
    return takeOne(limiter, key);
  }
}
