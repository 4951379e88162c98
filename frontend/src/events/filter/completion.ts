import { SEVERITIES } from '../entry.js';
import type { Frequencies } from '../counts/log-counts.js';
import type { Condition } from './filter.js';

/** Attributes that can be written as `module:shop` or `-module:shop` in the search. */
const FIELDS = ['severity', 'module', 'type', 'source', 'subject', 'correlationid'] as const;
export type Field = (typeof FIELDS)[number];

const MOST = 8;
const CONDITION = /^(-?)([a-z]+):(.*)$/;

export interface Suggestion {
  /** What the search holds when it is chosen. */
  readonly text: string;
  /** Choosing it sets this condition, and empties the search. */
  readonly condition?: { readonly condition: Condition; readonly wanted: boolean };
}

/**
 * What the words may become: the names of attributes, and after a colon their values, the most
 * frequent first. `data.order.id:7` is a condition as well, but has no suggestions.
 * @param values the known values of an attribute
 */
export function suggestionsFor(text: string, values: (field: Field) => Frequencies): Suggestion[] {
  const [, minus = '', name = '', start = ''] = CONDITION.exec(text) ?? [];
  const field = FIELDS.find((one) => one === name);
  if (field !== undefined) {
    const known = field === 'severity' ? SEVERITIES.map((value) => ({ value })) : values(field);
    return known
      .filter(({ value }) => value.toLowerCase().includes(start.toLowerCase()))
      .slice(0, MOST)
      .map(({ value }) => suggestion(minus, field, value));
  }
  const word = text.startsWith('-') ? text.slice(1) : text;
  if (word === '' || /\s/.test(word)) return [];
  const sign = text.slice(0, text.length - word.length);
  return FIELDS.filter((one) => one.startsWith(word.toLowerCase())).map((one) => ({
    text: `${sign}${one}:`,
  }));
}

function suggestion(minus: string, field: Field, value: string): Suggestion {
  return {
    text: `${minus}${field}:${value}`,
    condition: { condition: { path: [field], value }, wanted: minus === '' },
  };
}

/** `data.order.id:7`; a name in quotes may hold anything but quotes: `data."a.b":1`. */
const WRITTEN = /^(-?)((?:[^\s.:"]+|"[^"]+")(?:\.(?:[^\s.:"]+|"[^"]+"))*):(\S+)$/;
const NAMES = /"[^"]+"|[^."]+/g;

/** The condition that the whole text is; undefined for a text that is searched. */
export function conditionOf(text: string): Suggestion['condition'] {
  const [, minus, path = '', value = ''] = WRITTEN.exec(text) ?? [];
  const names = path.match(NAMES)?.map((name) => name.replaceAll('"', '')) ?? [];
  const isKnown = names[0] === 'data' ? names.length > 1 : FIELDS.some((one) => one === path);
  if (minus === undefined || !isKnown) return undefined;
  if (path === 'severity' && !SEVERITIES.some((one) => one === value)) return undefined;
  return { condition: { path: names, value }, wanted: minus === '' };
}
