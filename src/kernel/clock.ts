/**
 * The port for time. Lifetimes are measured on the monotonic clock, so that a
 * correction of the wall clock neither revives an expired token nor ends a live one.
 */
export abstract class Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  abstract now(): number;
  /** Milliseconds since an arbitrary origin; never goes back. */
  abstract monotonic(): number;
}

export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }
}

/** The longest delay that `setTimeout` takes, milliseconds; a longer one would end at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
