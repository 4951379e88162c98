import { RateLimiterMemory, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimit } from './rate-limit.js';
import { takeOne } from './take-one.js';

/** Of this process alone. */
export class MemoryRateLimit extends RateLimit {
  private readonly limiters = new Map<number, RateLimiterAbstract>();

  take(principalId: string, perSecond: number): Promise<number> {
    let limiter = this.limiters.get(perSecond);
    if (!limiter) {
      limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
      this.limiters.set(perSecond, limiter);
    }
    return takeOne(limiter, principalId);
  }
}
