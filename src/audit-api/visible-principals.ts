import { liesWithin } from '../auth/filter-bounds.js';
import type { Principal } from '../auth/principal.js';

/**
 * The principals whose entries a reader of the audit trail may see: all (`undefined`), or
 * for a reader with a filter itself and the principals whose own filter lies inside its.
 */
export function visiblePrincipals(
  reader: Principal,
  all: readonly Principal[],
): ReadonlySet<string> | undefined {
  const { filter } = reader;
  if (filter === undefined) return undefined;
  const outside = new Set(
    all
      .filter((one) => !liesWithin(one.filter === undefined ? [] : [one.filter], [filter]))
      .map(({ id }) => id),
  );
  const inside = all.map(({ id }) => id).filter((id) => !outside.has(id));
  return new Set([reader.id, ...inside]);
}
