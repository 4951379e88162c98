import type { StreamRow } from './stream-row.js';

/** Events a second of each stream, by its id, between two lists of the streams. */
export type Rates = ReadonlyMap<string, number>;

interface Seen {
  readonly at: number;
  readonly delivered: ReadonlyMap<string, number>;
}

/**
 * Computes rates from the counters of one list and the one before. A stream that is new in a
 * list has none yet.
 */
export class RateMeter {
  private before: Seen | undefined;
  private rates: Rates = new Map();

  /** @param at epoch milliseconds of the list; the same list again changes nothing */
  measure(streams: readonly StreamRow[], at: number): Rates {
    const { before } = this;
    if (before && at <= before.at) return this.rates;
    const counted = streams.flatMap(({ id, events_delivered: number }) =>
      number === undefined ? [] : [[id, number] as const],
    );
    if (before) {
      const seconds = (at - before.at) / 1_000;
      this.rates = new Map(
        counted.flatMap(([id, number]) => {
          const earlier = before.delivered.get(id);
          return earlier === undefined ? [] : [[id, Math.max(0, number - earlier) / seconds]];
        }),
      );
    }
    this.before = { at, delivered: new Map(counted) };
    return this.rates;
  }
}
