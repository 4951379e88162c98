import AxeBuilder from '@axe-core/playwright';
import type { Operator } from './operator.js';

/** The rules that a theme changes; the others see the same document in every theme. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

export interface Look {
  /** All, unless given. */
  rules?: string[] | undefined;
  /** Selector of the part that is looked at; the whole page, unless given. */
  part?: string | undefined;
}

/** What axe finds on the page that is not minor. */
export async function findingsOn(
  { page }: Operator,
  { rules, part }: Look = {},
): Promise<string[]> {
  // The panel has no frames: without them axe needs no second page to gather what it found.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (rules) axe.withRules(rules);
  if (part !== undefined) axe.include(part);
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html }) => html).join()}`);
}
