import type { Severity } from '@vx11/events-client';
import type { Counts } from '../list/live-list.js';

/** What a time axis shows: counts in buckets of equal width, oldest first. */
export interface Timeline {
  /** Epoch milliseconds at which the first bucket begins. */
  readonly start: number;
  /** Milliseconds. */
  readonly width: number;
  readonly buckets: readonly Counts[];
}

/** Widths of a bucket that a person can read, milliseconds. */
const WIDTHS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800,
].map((seconds) => seconds * 1_000);
/** The most buckets. */
export const MOST_BUCKETS = 90;

/** The narrowest readable bucket with which the time from `from` to `to` fits on the axis. */
export function widthFor(from: number, to: number): number {
  const least = (to - from) / (MOST_BUCKETS - 1);
  return WIDTHS.find((width) => width >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}

/**
 * Counts single events.
 * @param at epoch milliseconds of each event, in any order
 */
export function timelineOf(
  events: readonly (readonly [at: number, severity: Severity])[],
  from: number,
  to: number,
): Timeline {
  const width = widthFor(from, to);
  const start = Math.floor(from / width) * width;
  const length = Math.max(1, Math.min(MOST_BUCKETS + 1, Math.ceil((to - start) / width)));
  const buckets = Array.from({ length }, () => ({ info: 0, warn: 0, error: 0, critical: 0 }));
  for (const [at, severity] of events) {
    const bucket = buckets[Math.floor((at - start) / width)];
    if (bucket) bucket[severity] += 1;
  }
  return { start, width, buckets };
}

export function sumOf({ info, warn, error, critical }: Counts): number {
  return info + warn + error + critical;
}

/** The moment at which bucket `index` begins, epoch milliseconds. */
export function startOf({ start, width }: Timeline, index: number): number {
  return start + index * width;
}
