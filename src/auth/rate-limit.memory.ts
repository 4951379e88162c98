import { RateLimiterMemory, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimit, type Quota } from './rate-limit.js';
import { takeOne } from './take-one.js';

/** Of this process alone. */
export class MemoryRateLimit extends RateLimit {
  private readonly limiters = new Map<string, RateLimiterAbstract>();

  take(key: string, { points, seconds }: Quota): Promise<number> {
    const name = `${points}-${seconds}`;
    let limiter = this.limiters.get(name);
    if (!limiter) {
      limiter = new RateLimiterMemory({ points, duration: seconds });
      this.limiters.set(name, limiter);
    }
    return takeOne(limiter, key);
  }
}
