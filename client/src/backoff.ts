/** Width of the first jitter window, milliseconds. */
const BASE_MS = 1_000;
/**
 * Greatest width of the jitter window, milliseconds. Whoever watches an incident wants to be
 * back soon after the service is, which takes a crowd in order; a server that has too many
 * clients names a wait of its own.
 */
const CAP_MS = 3_000;
/** A stream that lived this long was a success: the next failure starts a new count. Milliseconds. */
export const SETTLED_MS = 5_000;
/** Streams in a row that got a token but no frame; then the client polls. */
export const POLL_AFTER = 3;
/** Least wait between streams while the history stands in for them, milliseconds. */
export const POLLING_FLOOR_MS = 30_000;
/** The longest wait a server may ask for, milliseconds: a typing error there must not silence us for a day. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Full jitter: a random moment in a window that doubles with each attempt, so
 * that clients cut off together do not come back together. What the server asks
 * of all comes first; its `retry:` differs from stream to stream and is a least wait.
 * @param attempt 0 for the first after a success
 * @param saidMs the server's word
 * @param ordered it is for all clients, as `Retry-After`
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  saidMs: number,
  ordered: boolean,
  random: () => number,
): number {
  const jitter = random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
  const said = Math.max(0, Math.min(saidMs, LONGEST_WAIT_MS));
  return ordered ? said + jitter : Math.max(said, jitter);
}

/**
 * `Retry-After` as milliseconds from now: seconds or an HTTP date (RFC 9110,
 * section 10.2.3). `undefined` when it is absent, neither, or not in the future.
 */
export function retryAfterMs(header: string | null, wallNow: number): number | undefined {
  const ms = Number(header) * 1_000 || Date.parse(header as string) - wallNow;
  if (ms > 0) return ms;
}
