import { canonicalFilter, FILTER_FIELDS, type FilterSpec } from './filter-spec.js';

export type { FilterSpec } from './filter-spec.js';

/** The attributes of an event that a filter compares. */
export interface Filterable {
  readonly severity: string;
  readonly module: string;
  readonly type: string;
}

const FIELDS = FILTER_FIELDS;

/**
 * The events that one reader may see, by the principal's, the token's and the query's
 * spec. An event must match all of them: a filter is a conjunction of specs, and
 * appending a spec narrows it.
 */
export class EventFilter {
  static readonly ALL = new EventFilter([]);

  /** Equal for filters that match the same events: streams with one key share a group. */
  readonly key: string;

  /** Most values that an event is compared with. */
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
