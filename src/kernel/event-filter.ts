import {
  canonicalFilter,
  FILTER_FIELDS,
  isPrefix,
  type FilterField,
  type FilterSpec,
} from './filter-spec.js';

export type { FilterSpec } from './filter-spec.js';

/** What every index of events has: a filter can rule an event out by these alone. */
export interface Labels {
  readonly severity: string;
  readonly module: string;
  readonly type: string;
}

/** An event, as far as a filter looks at it. */
export interface Filterable extends Labels {
  /** The CloudEvent as JSON; source and subject are read from it. */
  readonly json: string;
}

/** Fields of a filter that compare labels. */
export const LABELS = ['severity', 'module', 'type'] as const;
const ATTRIBUTES = ['source', 'subject'] as const;
type Attributes = Readonly<Record<(typeof ATTRIBUTES)[number], string>>;

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

  /** `matches` decides by more than the labels: `mayMatch` alone proves nothing. */
  readonly readsAttributes: boolean;

  /** Made when first needed: most filters of tokens are never compared with an event. */
  private labelTests: readonly Test<Labels>[] | undefined;
  private attributeTests: readonly Test<Attributes>[] | undefined;

  private constructor(
    readonly specs: readonly FilterSpec[],
    /** Routine reports of the system about itself never match. */
    readonly skipsRoutine = false,
  ) {
    this.key = JSON.stringify(skipsRoutine ? [...specs, 'routine left out'] : specs);
    this.values = specs
      .flatMap((spec) => FILTER_FIELDS.map((field) => spec[field]?.length ?? 0))
      .reduce((sum, count) => sum + count, 0);
    this.readsAttributes = specs.some((spec) =>
      ATTRIBUTES.some((field) => spec[field] !== undefined),
    );
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
  allowed(field: FilterField): readonly string[] | undefined {
    return this.specs
      .flatMap((spec) => (spec[field] ? [spec[field]] : []))
      .reduce<readonly string[] | undefined>(
        (all, list) => (all === undefined ? list : inBoth(field, all, list)),
        undefined,
      );
  }

  /** The same filter, without routine reports of the system about itself. */
  withoutRoutine(): EventFilter {
    return new EventFilter(this.specs, true);
  }

  matches(event: Filterable): boolean {
    if (!this.mayMatch(event)) return false;
    if (!this.readsAttributes) return true;
    this.attributeTests ??= testsOf(this.specs, ATTRIBUTES);
    const attributes = attributesOf(event);
    return this.attributeTests.every((test) => test(attributes));
  }

  /** False when no event with these labels matches. */
  mayMatch(labels: Labels): boolean {
    if (this.skipsRoutine && isRoutine(labels)) return false;
    this.labelTests ??= testsOf(this.specs, LABELS);
    for (const test of this.labelTests) if (!test(labels)) return false;
    return true;
  }
}

type Test<T> = (event: T) => boolean;

function testsOf<F extends FilterField>(
  specs: readonly FilterSpec[],
  fields: readonly F[],
): Test<Readonly<Record<F, string>>>[] {
  return specs.flatMap((spec) =>
    fields.flatMap((field) => {
      const allowed = spec[field];
      return allowed === undefined ? [] : [testOf(field, allowed)];
    }),
  );
}

/** Compares in logarithmic time: one call for each event and filter group, up to 50 values. */
function testOf<F extends FilterField>(
  field: F,
  allowed: readonly string[],
): Test<Readonly<Record<F, string>>> {
  const values = new Set(allowed.filter((value) => !isPrefix(field, value)));
  // A canonical spec has no prefix of another prefix. So if one of them begins a value, no
  // other one stands between the two in this order.
  const prefixes = allowed
    .filter((value) => isPrefix(field, value))
    .map((value) => value.slice(0, -1))
    .toSorted();
  if (prefixes.length === 0) return (event) => values.has(event[field]);
  return (event) => {
    const is: string = event[field];
    if (values.has(is)) return true;
    let low = 0;
    let high = prefixes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((prefixes[middle] as string) <= is) low = middle + 1;
      else high = middle;
    }
    return low > 0 && is.startsWith(prefixes[low - 1] as string);
  };
}

function inBoth(field: FilterField, a: readonly string[], b: readonly string[]): string[] {
  const covers = (wide: string, value: string) =>
    wide === value || (isPrefix(field, wide) && value.startsWith(wide.slice(0, -1)));
  const within = (values: readonly string[], list: readonly string[]) =>
    values.filter((value) => list.some((wide) => covers(wide, value)));
  return [...new Set([...within(a, b), ...within(b, a)])];
}

/**
 * A routine report of the system about itself: that a stream opened, how a service is
 * doing. A warning is never routine, and an alert is about somebody else's system.
 */
function isRoutine({ type, severity }: Labels): boolean {
  return severity === 'info' && type.startsWith('vx11.') && !type.startsWith('vx11.alert.');
}

/** Each event is parsed once, however many filters look at it. */
const parsed = new WeakMap<Filterable, Attributes>();

function attributesOf(event: Filterable): Attributes {
  let attributes = parsed.get(event);
  if (!attributes) {
    const { source, subject } = JSON.parse(event.json) as Record<string, unknown>;
    attributes = { source: textOf(source), subject: textOf(subject) };
    parsed.set(event, attributes);
  }
  return attributes;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
