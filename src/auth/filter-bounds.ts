import {
  allowsAll,
  FILTER_FIELDS,
  isPrefix,
  type FilterField,
  type FilterSpec,
} from '../kernel/filter-spec.js';

/**
 * Whether everything that `inner` matches is matched by `outer` as well. Each is
 * a conjunction of specs. The answer is conservative: `true` only when one spec
 * of `inner` alone proves each condition of `outer`.
 */
export function liesWithin(inner: readonly FilterSpec[], outer: readonly FilterSpec[]): boolean {
  return outer.every((bound) =>
    FILTER_FIELDS.every((field) => {
      const allowed = bound[field];
      if (allowed === undefined || allowed.length === 0 || allowsAll(field, allowed)) return true;
      return inner.some((spec) => {
        const values = spec[field];
        if (values === undefined || values.length === 0) return false;
        return values.every((value) => allowed.some((pattern) => covers(field, pattern, value)));
      });
    }),
  );
}

/** A prefix `a.*` covers `a.b` and `a.b.*`, but not `*`. */
function covers(field: FilterField, pattern: string, value: string): boolean {
  if (!isPrefix(field, pattern)) return pattern === value;
  return (value.endsWith('*') ? value.slice(0, -1) : value).startsWith(pattern.slice(0, -1));
}
