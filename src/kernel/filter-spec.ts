import { isSeverity, SEVERITIES } from './severity.js';

/**
 * Limits which events a reader may see. An event must match every field that is present;
 * it matches a field if it matches any of the field's values.
 */
export interface FilterSpec {
  /** Any of these severities. */
  severity?: readonly string[] | undefined;
  /** Any of these modules. */
  module?: readonly string[] | undefined;
  /** Any of these types; one that ends in `*` matches every type with that prefix. */
  type?: readonly string[] | undefined;
  /** Any of these sources; one that ends in `*` matches every source with that prefix. */
  source?: readonly string[] | undefined;
  /** Any of these subjects, as `source`. An event without a subject has the subject "". */
  subject?: readonly string[] | undefined;
}

export const FILTER_FIELDS = ['severity', 'module', 'type', 'source', 'subject'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];
/** A value of these fields that ends in `*` is a prefix. */
const PATTERN_FIELDS: readonly FilterField[] = ['type', 'source', 'subject'];

/** Whether a value of this field is a prefix, not a whole attribute. */
export function isPrefix(field: FilterField, value: string): boolean {
  return value.endsWith('*') && PATTERN_FIELDS.includes(field);
}

export const MAX_FILTER_VALUES = 50;
export const MAX_MODULE_LENGTH = 128;
export const MAX_TYPE_LENGTH = 256;
/** Of a source or a subject: as long as those of an event. */
export const MAX_ATTRIBUTE_LENGTH = 2048;
const MAX_LENGTHS: Readonly<Record<Exclude<FilterField, 'severity'>, number>> = {
  module: MAX_MODULE_LENGTH,
  type: MAX_TYPE_LENGTH,
  source: MAX_ATTRIBUTE_LENGTH,
  subject: MAX_ATTRIBUTE_LENGTH,
};
/** Most UTF-8 bytes of a filter as canonical JSON: each live token keeps its filter in memory. */
export const MAX_FILTER_BYTES = 4096;

const MOST_FAULTS = 10;

/** `path` is the field, as `filter.module`; `message` completes the sentence. */
export interface FilterFault {
  readonly path: string;
  readonly message: string;
}

/**
 * Lists the faults of an untrusted filter: from a request body, the principals file or a
 * claim. Anything that would not narrow the filter is a fault: an unknown field, null,
 * an empty list, and an empty object.
 * @returns the faults; empty when the value is a `FilterSpec`
 */
export function filterFaults(value: unknown, path = 'filter'): FilterFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path, message: 'must be an object' }];
  }
  const names = Object.keys(value);
  if (names.length === 0) {
    return [{ path, message: `must name ${FILTER_FIELDS.join(', ')}; leave it out to allow all` }];
  }
  const faults = names.slice(0, MOST_FAULTS).flatMap((name) =>
    fieldFaults(name, (value as Record<string, unknown>)[name]).map((message) => ({
      path: `${path}.${name.slice(0, 64)}`,
      message,
    })),
  );
  if (faults.length === 0 && sizeOf(value) > MAX_FILTER_BYTES) {
    return [{ path, message: `must have at most ${MAX_FILTER_BYTES} bytes` }];
  }
  return faults;
}

function fieldFaults(name: string, values: unknown): string[] {
  const field = FILTER_FIELDS.find((known) => known === name);
  if (field === undefined) {
    return [`is unknown; a filter has ${FILTER_FIELDS.join(', ')}`];
  }
  if (!Array.isArray(values)) return ['must be a list of strings'];
  if (values.length === 0) return ['must not be empty; leave it out to allow all'];
  if (values.length > MAX_FILTER_VALUES) return [`must have at most ${MAX_FILTER_VALUES} values`];
  if (field === 'severity') {
    return values.every(isSeverity) ? [] : [`may hold ${SEVERITIES.join(', ')}`];
  }
  const longest = MAX_LENGTHS[field];
  const isValue = (item: unknown) =>
    typeof item === 'string' && item !== '' && item.length <= longest && item.isWellFormed();
  return values.every(isValue) ? [] : [`may hold strings of 1 to ${longest} characters`];
}

function sizeOf(spec: FilterSpec): number {
  return Buffer.byteLength(JSON.stringify(canonicalFilter(spec)));
}

/**
 * The canonical form of a filter: sorted, without repetition, without values that a prefix
 * covers, and without fields that allow everything. Its JSON is the key under which equal
 * filters are stored once.
 */
export function canonicalFilter(spec: FilterSpec): FilterSpec {
  const canonical: FilterSpec = {};
  for (const field of FILTER_FIELDS) {
    const values = spec[field];
    if (values === undefined || values.length === 0) continue;
    const distinct = [...new Set(values)].toSorted();
    if (!allowsAll(field, distinct)) canonical[field] = withoutCovered(field, distinct);
  }
  return canonical;
}

/** Whether these values of a field rule no event out: they are as good as none. */
export function allowsAll(field: FilterField, values: readonly string[]): boolean {
  if (field === 'severity') return SEVERITIES.every((severity) => values.includes(severity));
  return values.some((value) => value === '*' && isPrefix(field, value));
}

function withoutCovered(field: FilterField, values: readonly string[]): string[] {
  const prefixes = values
    .filter((value) => isPrefix(field, value))
    .map((value) => value.slice(0, -1));
  return values.filter(
    (value) => !prefixes.some((prefix) => value !== `${prefix}*` && value.startsWith(prefix)),
  );
}

/** A key that is equal for filters that match the same events; `''` for one that allows all. */
export function filterKey(spec: FilterSpec | undefined): string {
  const canonical = canonicalFilter(spec ?? {});
  return Object.keys(canonical).length === 0 ? '' : JSON.stringify(canonical);
}
