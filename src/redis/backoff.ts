const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/**
 * How long to wait before the given attempt (1, 2, …), milliseconds: anything up
 * to a bound that doubles. Full jitter, so that instances that lost Redis in the
 * same moment do not come back in the same moment
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoff(attempt: number, random = Math.random): number {
  return Math.floor(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
