/**
 * The language in which a right to read is narrowed: by the principal's own
 * filter, by the token's, by the query's. All three must agree, so a filter is
 * a conjunction of specs, and narrowing is appending.
 */
export interface FilterSpec {
  /** Any of these severities. */
  severity?: readonly string[] | undefined;
  /** Any of these modules. */
  module?: readonly string[] | undefined;
  /** Any of these types; one that ends in `*` matches every type with that prefix. */
  type?: readonly string[] | undefined;
}

/** What the filter looks at. */
export interface Filterable {
  readonly severity: string;
  readonly module: string;
  readonly type: string;
}

const FIELDS = ['severity', 'module', 'type'] as const;

export class EventFilter {
  static readonly ALL = new EventFilter([]);

  /** Equal for filters that match the same way: subscribers with one key share one group. */
  readonly key: string;

  private constructor(readonly specs: readonly FilterSpec[]) {
    this.key = JSON.stringify(specs);
  }

  static of(...specs: (FilterSpec | undefined)[]): EventFilter {
    const canonical = specs
      .map((spec) => canonicalSpec(spec ?? {}))
      .filter((spec) => Object.keys(spec).length > 0)
      .map((spec) => [JSON.stringify(spec), spec] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      // Said twice is said once: a principal, its token and its query often agree.
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

function canonicalSpec(spec: FilterSpec): FilterSpec {
  return Object.fromEntries(
    FIELDS.filter((field) => spec[field] !== undefined && spec[field].length > 0).map((field) => [
      field,
      [...new Set(spec[field])].toSorted(),
    ]),
  );
}
