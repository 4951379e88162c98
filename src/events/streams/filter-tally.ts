import type { EventFilter } from '../../kernel/event-filter.js';

interface Holding {
  /** Filter key → number of streams with that filter. */
  readonly streams: Map<string, number>;
  values: number;
}

/**
 * Counts the values in each principal's different filters, as a measure of what
 * matching an event costs. Streams with equal filters share one match, so each filter
 * counts once.
 */
export class FilterTally {
  private readonly holdings = new Map<string, Holding>();

  add(principalId: string, { key, values }: EventFilter): void {
    const holding = this.holdings.get(principalId) ?? { streams: new Map(), values: 0 };
    const streams = holding.streams.get(key) ?? 0;
    if (streams === 0) holding.values += values;
    holding.streams.set(key, streams + 1);
    this.holdings.set(principalId, holding);
  }

  /** Undoes one `add`. */
  remove(principalId: string, { key, values }: EventFilter): void {
    const holding = this.holdings.get(principalId);
    const streams = holding?.streams.get(key);
    if (!holding || streams === undefined) return;
    if (streams > 1) {
      holding.streams.set(key, streams - 1);
      return;
    }
    holding.streams.delete(key);
    holding.values -= values;
    if (holding.streams.size === 0) this.holdings.delete(principalId);
  }

  /** Number of values in the principal's different filters, if it had `filter` as well. */
  valuesWith(principalId: string, { key, values }: EventFilter): number {
    const holding = this.holdings.get(principalId);
    if (!holding) return values;
    return holding.streams.has(key) ? holding.values : holding.values + values;
  }
}
