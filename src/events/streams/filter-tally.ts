import type { EventFilter } from '../../kernel/event-filter.js';

interface Holding {
  /** Filter key → streams that have it. */
  readonly streams: Map<string, number>;
  values: number;
}

/**
 * What each principal's different filters cost. Streams with equal filters share the
 * comparison of an event, so a filter counts once, with the number of its values.
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

  /** Takes back one `add`. */
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

  /** The values of the principal's different filters, `filter` among them. */
  valuesWith(principalId: string, { key, values }: EventFilter): number {
    const holding = this.holdings.get(principalId);
    if (!holding) return values;
    return holding.streams.has(key) ? holding.values : holding.values + values;
  }
}
