/** Width of the first jitter window, milliseconds. */
const BASE_MS = 1_000;
/** Greatest width of the jitter window, milliseconds. */
const CAP_MS = 30_000;
/** The longest wait a server may ask for, milliseconds: a typing error there must not silence us for a day. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Full jitter: a random moment in a window that doubles with each attempt, so
 * that clients cut off together do not come back together. What the server
 * asked for comes first, the jitter goes on top of it.
 * @param attempt 0 for the first after a success
 * @param floorMs the server's own word
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, floorMs: number, random: () => number): number {
  const width = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
  return Math.min(floorMs, LONGEST_WAIT_MS) + random() * width;
}

/**
 * `Retry-After` as milliseconds from now: seconds or an HTTP date (RFC 9110,
 * section 10.2.3). `undefined` when it is absent, neither, or not in the future.
 */
export function retryAfterMs(header: string | null, wallNow: number): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - wallNow : seconds * 1_000;
  return ms > 0 ? ms : undefined;
}
