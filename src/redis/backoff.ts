const FIRST_MS = 50;
/** Short: streams stand still meanwhile, and a few connections a second of each instance do Redis no harm. */
const LONGEST_MS = 500;

/**
 * The delay before an attempt (1, 2, …), milliseconds: a random value below a bound that
 * doubles with each attempt. The full jitter spreads instances that lost Redis at the same
 * time
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function backoff(attempt: number, random = Math.random): number {
  return Math.floor(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
