import { LRUCache } from 'lru-cache';
import type { Signal } from './observation.js';

/** Minutes that counts reach back. */
export const WINDOW_MIN = 10;
/** Subjects counted at once; the one that was seen longest ago makes room. */
const MOST_SUBJECTS = 10_000;
/** Addresses counted of one subject in a minute. */
const MOST_ORIGINS = 64;

/** How often, and from where. */
export interface Count {
  readonly count: number;
  /** Number of different addresses. */
  readonly origins: number;
}

interface Minute {
  readonly minute: number;
  count: number;
  readonly origins: Set<string>;
}

/** Counts of the last ten minutes, by signal and subject. */
export class Tally {
  private readonly counts = new LRUCache<string, Minute[]>({ max: MOST_SUBJECTS });

  /** @param minute number of the current minute; never falls */
  add(signal: Signal, subject: string, origin: string, count: number, minute: number): void {
    const key = `${signal}\n${subject}`;
    const minutes = this.counts.get(key) ?? [];
    while (minutes[0] && minutes[0].minute <= minute - WINDOW_MIN) minutes.shift();
    let last = minutes.at(-1);
    if (last?.minute !== minute) {
      last = { minute, count: 0, origins: new Set() };
      minutes.push(last);
    }
    last.count += count;
    if (origin !== '' && last.origins.size < MOST_ORIGINS) last.origins.add(origin);
    this.counts.set(key, minutes);
  }

  /** @param until the last minute that counts; the current one unless given */
  of(signal: Signal, subject: string, minute: number, until = minute): Count {
    const minutes = (this.counts.peek(`${signal}\n${subject}`) ?? []).filter(
      (one) => one.minute > minute - WINDOW_MIN && one.minute <= until,
    );
    return {
      count: minutes.reduce((sum, one) => sum + one.count, 0),
      origins: new Set(minutes.flatMap(({ origins }) => [...origins])).size,
    };
  }

  /** Subjects with a count of the signal, those that are out of the window included. */
  subjects(signal: Signal): string[] {
    const start = `${signal}\n`;
    return [...this.counts.keys()]
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(start.length));
  }
}
