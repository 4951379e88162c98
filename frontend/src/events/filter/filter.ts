import type { OperatorEvent, Severity } from '@vx11/events-client';
import { SEVERITIES } from '../entry.js';

/** One value at one place of an event: `['module']`, `['data', 'order', 'id']`. */
export interface Condition {
  readonly path: readonly string[];
  readonly value: string;
}

/**
 * What the list shows. Conditions on one path are alternatives, those on
 * different paths must all hold, and none of `not` may.
 */
export interface Filter {
  /** Empty: all. */
  readonly severities: readonly Severity[];
  readonly is: readonly Condition[];
  readonly not: readonly Condition[];
  readonly text: string;
  /** `text` is a regular expression. */
  readonly regex: boolean;
}

export const NO_FILTER: Filter = { severities: [], is: [], not: [], text: '', regex: false };

export function isEmpty({ severities, is, not, text }: Filter): boolean {
  return severities.length + is.length + not.length + text.length === 0;
}

/** As the operator would write it: `data.order.id`. */
export function pathLabel(path: readonly string[]): string {
  return path.join('.');
}

export function isSame(a: Condition, b: Condition): boolean {
  return a.value === b.value && pathLabel(a.path) === pathLabel(b.path);
}

/** The filter with one more value wanted or unwanted; the opposite wish is taken back. */
export function withCondition(filter: Filter, condition: Condition, wanted: boolean): Filter {
  if (pathLabel(condition.path) === 'severity')
    return withSeverity(filter, condition.value, wanted);
  const without = (list: readonly Condition[]) => list.filter((one) => !isSame(one, condition));
  const is = without(filter.is);
  const not = without(filter.not);
  return wanted
    ? { ...filter, is: [...is, condition], not }
    : { ...filter, is, not: [...not, condition] };
}

export function withoutCondition(filter: Filter, condition: Condition): Filter {
  const others = (list: readonly Condition[]) => list.filter((one) => !isSame(one, condition));
  return { ...filter, is: others(filter.is), not: others(filter.not) };
}

/** Only this severity, or all but this one. */
function withSeverity(filter: Filter, value: string, wanted: boolean): Filter {
  const before = filter.severities.length > 0 ? filter.severities : SEVERITIES;
  const severities = wanted
    ? SEVERITIES.filter((one) => one === value)
    : before.filter((one) => one !== value);
  return { ...filter, severities };
}

/** Turns one severity on or off; all of them and none are the same: no filter. */
export function toggleSeverity(filter: Filter, severity: Severity): Filter {
  const chosen = filter.severities;
  const severities = chosen.includes(severity)
    ? chosen.filter((one) => one !== severity)
    : SEVERITIES.filter((one) => one === severity || chosen.includes(one));
  return { ...filter, severities: severities.length === SEVERITIES.length ? [] : severities };
}

/** The value at a path, undefined where there is none; inherited properties do not count. */
export function valueAt(event: OperatorEvent, path: readonly string[]): unknown {
  let value: unknown = event;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export interface Compiled {
  readonly matches: (event: OperatorEvent) => boolean;
  /** What to mark in the texts on screen; undefined when nothing is searched. */
  readonly highlight: RegExp | undefined;
  /** Why the regular expression is none; such a search is left out. */
  readonly fault: string | undefined;
}

export function compile(filter: Filter): Compiled {
  const { highlight, fault } = searchOf(filter);
  const severities = new Set<string>(filter.severities);
  const paths = Map.groupBy(filter.is, ({ path }) => pathLabel(path));
  const wanted = [...paths.values()];
  const holds = (event: OperatorEvent, { path, value }: Condition): boolean =>
    String(valueAt(event, path)) === value;
  const search = highlight && new RegExp(highlight.source, highlight.flags.replace('g', ''));
  return {
    highlight,
    fault,
    matches: (event) =>
      (severities.size === 0 || severities.has(event.severity)) &&
      wanted.every((alternatives) => alternatives.some((one) => holds(event, one))) &&
      !filter.not.some((one) => holds(event, one)) &&
      (search === undefined || search.test(textOf(event))),
  };
}

function searchOf({ text, regex }: Filter): { highlight?: RegExp; fault?: string } {
  if (text === '') return {};
  try {
    return { highlight: new RegExp(regex ? text : escape(text), 'gi') };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

const texts = new WeakMap<OperatorEvent, string>();

/** Everything that is searched, made once for each event and only when somebody searches. */
function textOf(event: OperatorEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    const { data, ...attributes } = event;
    const words = Object.values(attributes).join('\n');
    text = data === undefined ? words : `${words}\n${JSON.stringify(data)}`;
    texts.set(event, text);
  }
  return text;
}
