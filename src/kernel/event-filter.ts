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

  /** Made when first needed: most filters of tokens are never compared with an event. */
  private tests: readonly Test[] | undefined;

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

  /**
   * The values of one field that all specs allow, as a spec would list them: no type covers
   * another. `undefined` when the field may have any value, empty when no event can match.
   */
  allowed(field: keyof FilterSpec): readonly string[] | undefined {
    return this.specs
      .flatMap((spec) => (spec[field] ? [spec[field]] : []))
      .reduce<readonly string[] | undefined>(
        (all, list) => (all === undefined ? list : inBoth(field, all, list)),
        undefined,
      );
  }

  matches(event: Filterable): boolean {
    this.tests ??= testsOf(this.specs);
    for (const test of this.tests) if (!test(event)) return false;
    return true;
  }
}

type Test = (event: Filterable) => boolean;

function testsOf(specs: readonly FilterSpec[]): Test[] {
  return specs.flatMap((spec) =>
    FIELDS.flatMap((field) => {
      const allowed = spec[field];
      return allowed === undefined ? [] : [testOf(field, allowed)];
    }),
  );
}

/** Compares in logarithmic time: one call for each event and filter group, up to 50 values. */
function testOf(field: (typeof FIELDS)[number], allowed: readonly string[]): Test {
  if (field !== 'type') {
    const values = new Set(allowed);
    return (event) => values.has(event[field]);
  }
  const values = new Set(allowed.filter((value) => !value.endsWith('*')));
  // A canonical spec has no prefix of another prefix. So if one of them begins a type, no
  // other one stands between the two in this order.
  const prefixes = allowed
    .filter((value) => value.endsWith('*'))
    .map((value) => value.slice(0, -1))
    .toSorted();
  return ({ type }) => {
    if (values.has(type)) return true;
    let low = 0;
    let high = prefixes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((prefixes[middle] as string) <= type) low = middle + 1;
      else high = middle;
    }
    return low > 0 && type.startsWith(prefixes[low - 1] as string);
  };
}

function inBoth(field: keyof FilterSpec, a: readonly string[], b: readonly string[]): string[] {
  const covers = (wide: string, value: string) =>
    wide === value ||
    (field === 'type' && wide.endsWith('*') && value.startsWith(wide.slice(0, -1)));
  const within = (values: readonly string[], list: readonly string[]) =>
    values.filter((value) => list.some((wide) => covers(wide, value)));
  return [...new Set([...within(a, b), ...within(b, a)])];
}
