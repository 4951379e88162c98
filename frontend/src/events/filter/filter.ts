import type { OperatorEvent, Severity } from '@vx11/events-client';
import { acceptedAt, SEVERITIES } from '../entry.js';
import { exactOf } from '../exact.js';
import { boundOf } from './range.js';
import { folded, foldedJson } from './search-text.js';
import type { Marks } from './search-worker.js';

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
  /** First moment that is shown: a date, or a time before now such as `-15m`; empty: no bound. */
  readonly from: string;
  /** Events from this moment on are not shown: a date; empty: the list is live. */
  readonly to: string;
  /** Routine reports of the system about itself are shown. */
  readonly system: boolean;
}

/** The server searches for at most that many characters; regular expressions run in the panel. */
export const LONGEST_TEXT = 256;

export const NO_FILTER: Filter = {
  severities: [],
  is: [],
  not: [],
  text: '',
  regex: false,
  from: '',
  to: '',
  system: false,
};

/** Whether only the time range and the routine reports limit the list. */
export function isEmpty({ severities, is, not, text }: Filter): boolean {
  return severities.length + is.length + not.length + text.length === 0;
}

/**
 * A routine report of the system about itself: that a stream opened, how a service is
 * doing. Warnings and worse are never routine, nor are alerts, which are about other systems.
 */
export function isRoutine({ type, severity }: OperatorEvent): boolean {
  return severity === 'info' && type.startsWith('vx11.') && !type.startsWith('vx11.alert.');
}

/** A condition on one of these selects events by identity, so it shows routine reports too. */
const SELECTING = ['type', 'module', 'source', 'subject', 'id', 'correlationid'];

/** A name that needs no quotes in a path. */
const PLAIN = /^[^\s.:"]+$/;

/** As the operator would write it: `data.order.id`, `data."a.b"`. Different paths have different labels. */
export function pathLabel(path: readonly string[]): string {
  return path.map((name) => (PLAIN.test(name) ? name : JSON.stringify(name))).join('.');
}

export function isSame(a: Condition, b: Condition): boolean {
  return a.value === b.value && pathLabel(a.path) === pathLabel(b.path);
}

/** The filter with one more value included or excluded; replaces the opposite condition. */
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
  let value: unknown = exactOf(event);
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Finds what is searched for. */
export interface Search {
  readonly matches: (event: OperatorEvent) => boolean;
  readonly marksIn: (text: string) => Marks;
}

/** Whether routine reports of the system are left out. */
export function hidesRoutine({ system, is }: Filter): boolean {
  return !system && !is.some(({ path: [name = ''] }) => SELECTING.includes(name));
}

export interface Compiled {
  readonly matches: (event: OperatorEvent) => boolean;
  /** Marks the texts on screen; undefined when nothing is searched. */
  readonly search: Search | undefined;
}

/** @param expression finds `text` where that is a regular expression; without it, nothing is searched */
export function compile(filter: Filter, expression?: Search): Compiled {
  const search = filter.regex ? expression : plainSearch(filter.text);
  const from = boundOf(filter.from);
  const to = boundOf(filter.to);
  const isRoutineHidden = hidesRoutine(filter);
  const severities = new Set<string>(filter.severities);
  const paths = Map.groupBy(filter.is, ({ path }) => pathLabel(path));
  const wanted = [...paths.values()];
  return {
    search,
    matches: (event) =>
      !(isRoutineHidden && isRoutine(event)) &&
      acceptedAt(event.position) >= from(-Infinity) &&
      acceptedAt(event.position) < to(Infinity) &&
      (severities.size === 0 || severities.has(event.severity)) &&
      wanted.every((alternatives) => alternatives.some((one) => holds(event, one))) &&
      !filter.not.some((one) => holds(event, one)) &&
      (search === undefined || search.matches(event)),
  };
}

/** Attributes of which a value that ends in `*` is a prefix, as in the server's filters. */
const PREFIXED = ['type', 'source', 'subject'];

function holds(event: OperatorEvent, { path, value }: Condition): boolean {
  // Compared as text: a number of the data has the digits that were sent.
  const is = String(valueAt(event, path) as string | undefined);
  const [name = '', ...rest] = path;
  if (!value.endsWith('*') || rest.length > 0 || !PREFIXED.includes(name)) return is === value;
  const text = valueAt(event, path) === undefined ? '' : is;
  return text.startsWith(value.slice(0, -1));
}

/** Text anywhere in the event's JSON, in any case: what the server finds by `q`. */
function plainSearch(text: string): Search | undefined {
  if (text === '') return undefined;
  const pattern = new RegExp(escape(text), 'gi');
  const wanted = folded(JSON.stringify(text).slice(1, -1));
  return {
    matches: (event) => foldedJson(event).includes(wanted),
    marksIn: (line) =>
      [...line.matchAll(pattern)].map(({ 0: match, index }) => [index, index + match.length]),
  };
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** What is wrong with a regular expression; undefined when it can run. */
export function faultOf({ text, regex }: Filter): string | undefined {
  if (!regex) return undefined;
  try {
    void new RegExp(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
