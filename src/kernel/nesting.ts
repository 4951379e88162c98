/** Deepest JSON that we take: below it no recursion over a body can exhaust the stack. */
export const MAX_NESTING = 64;

/** Whether lists and objects stand in each other more than `levels` deep. */
export function isNestedDeeper(value: unknown, levels = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isNestedDeeper(item, levels - 1));
}
