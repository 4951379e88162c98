import { canonicalFilter, FILTER_FIELDS, type FilterSpec } from './filter-spec.js';

export type { FilterSpec } from './filter-spec.js';

/** What the filter looks at. */
export interface Filterable {
  readonly severity: string;
  readonly module: string;
  readonly type: string;
}

const FIELDS = FILTER_FIELDS;

/**
 * What one reader may see: the principal's filter, the token's and the query's. All of
 * them must agree, so a filter is a conjunction of specs, and narrowing is appending.
 */
export class EventFilter {
  static readonly ALL = new EventFilter([]);

  /** Equal for filters that match the same way: subscribers with one key share one group. */
  readonly key: string;

  /** Values that an event is compared with at most. */
  readonly values: number;

  private constructor(readonly specs: readonly FilterSpec[]) {
    this.key = JSON.stringify(specs);
    this.values = specs
      .flatMap((spec) => FIELDS.map((field) => spec[field]?.length ?? 0))
      .reduce((sum, count) => sum + count, 0);
  }

  static of(...specs: (FilterSpec | undefined)[]): EventFilter {
    const canonical = specs
      .map((spec) => canonicalFilter(spec ?? {}))
      .filter((spec) => Object.keys(spec).length > 0)
      .map((spec) => [JSON.stringify(spec), spec] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      // A principal, its token and its query often have the same filter.
      .filter(([text], index, all) => text !== all[index - 1]?.[0])
      .map(([, spec]) => spec);
    return canonical.length === 0 ? EventFilter.ALL : new EventFilter(canonical);
  }

  matches(event: Filterable): boolean {
    return this.specs.every((spec) =>
      FIELDS.every((field) => {
        const allowed = spec[field];
        return allowed === undefined || allowed.some((value) => accepts(field, value, event));
      }),
    );
  }
}

function accepts(field: (typeof FIELDS)[number], value: string, event: Filterable): boolean {
  if (field === 'type' && value.endsWith('*')) return event.type.startsWith(value.slice(0, -1));
  return event[field] === value;
}
