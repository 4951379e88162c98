import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

/** Milliseconds until there is one again; 0 when one was taken. The library rejects with either. */
export async function takeOne(limiter: RateLimiterAbstract, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
    throw refused;
  }
}
