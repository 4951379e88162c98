import { signal } from '@preact/signals';

/**
 * What the server's clock shows more than this device's, milliseconds. Everything that the server
 * dates is compared with the server's clock: a laptop whose clock is two hours off would see no
 * event of the last 15 minutes, and no error of the last hour.
 */
export const skew = signal(0);

/** What the server's clock shows now, epoch milliseconds. */
export function serverNow(): number {
  return Date.now() + skew.peek();
}

/** `Date` leaves out the milliseconds (RFC 9110, section 5.6.7). */
const SECOND_MS = 1_000;
/** A server that was frozen sends an old `Date` for a while; smaller differences than this change nothing. */
const WORTH_MS = 60_000;

/**
 * Learns from a response. What was known stands as long as the response allows it: clocks that
 * agree are never corrected by the delay of a response.
 * @param date the response's header `Date`
 * @param asked when its request was sent, by this device's clock, epoch milliseconds
 * @param answered when it came
 */
export function learnServerTime(date: string | null, asked: number, answered: number): void {
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return;
  const [least, most] = [at - answered, at + SECOND_MS - asked];
  const known = Math.min(Math.max(skew.peek(), least), most);
  skew.value = Math.abs(known) < WORTH_MS ? 0 : known;
}
