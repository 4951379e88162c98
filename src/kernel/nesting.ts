/** Deepest nesting of JSON that is accepted: recursion over such a body cannot exhaust the stack. */
export const MAX_NESTING = 64;

/** Whether lists and objects are nested more than `levels` deep. */
export function isNestedDeeper(value: unknown, levels = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isNestedDeeper(item, levels - 1));
}

/**
 * Finds a key, anywhere in the value, that every object inherits from its prototype, such
 * as `constructor` or `toString`. Code that maps plain objects to classes would use such a
 * key in place of the inherited member and fail. No field of ours has such a name.
 * @param value of bounded nesting
 */
export function inheritedKey(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    if (name in Object.prototype || name === 'prototype') return name;
    const inner = inheritedKey(item);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
