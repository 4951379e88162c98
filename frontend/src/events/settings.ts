import { computed, effect, signal } from '@preact/signals';
import { route, updateParams } from '../app/route.js';
import { createSearchWorker, Expression } from './filter/expression.js';
import { compile, faultOf, type Filter } from './filter/filter.js';
import { fromParams, toParams } from './filter/filter-url.js';
import { columnsFrom } from './list/columns.js';
import type { Zone } from '../ui/time.js';

const FILTER_PARAMS = ['severity', 'is', 'not', 'q', 're', 'from', 'to', 'system'];

/** The parameters of the events page; those of another page do not change the filter. */
let last = new URLSearchParams();
const params = computed(() => {
  if (route.value.page === 'events') last = route.value.params;
  return last;
});

/** The link to the events page leads back to the same view. */
export const eventsParams = params;

// Compared as text, so that opening an event does not filter all of them again.
const filterKey = computed(() =>
  new URLSearchParams(toParams(fromParams(params.value))).toString(),
);

export const filter = computed(() => fromParams(new URLSearchParams(filterKey.value)));

/**
 * Regular expressions that the operator typed or started. One that comes only from the
 * address does not run: the author of the link chose it.
 */
const started = signal<ReadonlySet<string>>(new Set());

export function startExpression(text: string): void {
  started.value = new Set([...started.value, text]);
}

/** The address has a regular expression that the operator has not started. */
export const isExpressionWaiting = computed(() => {
  const { text, regex } = filter.value;
  return regex && text !== '' && !started.value.has(text);
});

/** What is wrong with the search; a search with a fault does not filter. */
export const searchFault = computed(() => faultOf(filter.value) ?? expression.value?.fault.value);

const expressionText = computed(() => {
  const { text, regex } = filter.value;
  const runs = regex && text !== '' && started.value.has(text);
  return runs && faultOf(filter.value) === undefined ? text : undefined;
});
/** The regular expression to search for; `judge` decides which events match. */
export const expression = computed(() =>
  expressionText.value === undefined
    ? undefined
    : new Expression(expressionText.value, createSearchWorker),
);
effect(() => {
  const { value } = expression;
  return () => value?.dispose();
});

export const compiled = computed(() => {
  const { value } = expression;
  return compile(filter.value, value?.fault.value === undefined ? value : undefined);
});
export const zone = computed<Zone>(() => (params.value.get('tz') === 'utc' ? 'utc' : 'local'));
export const isRelative = computed(() => params.value.get('time') === 'rel');
export const isGrouped = computed(() => params.value.get('group') !== '0');
/** Columns of the list between time and summary. */
export const columns = computed(() => columnsFrom(params.value.get('cols')));
/** Position of the event whose details are open. */
export const openEvent = computed(() => params.value.get('event') ?? undefined);

/** Correlation id whose events are shown instead of the list. */
export const openTrace = computed(() => params.value.get('trace') ?? undefined);

/** `replace` while typing, so that Back undoes a search and not its last letter. */
export function setFilter(next: Filter, how: 'push' | 'replace' = 'push'): void {
  updateParams(how, (target) => {
    for (const name of FILTER_PARAMS) target.delete(name);
    for (const [name, value] of toParams(next)) target.append(name, value);
  });
}

/** Sets one parameter, or removes it when it has its default. */
export function setParam(
  name: string,
  value: string | undefined,
  how: 'push' | 'replace' = 'replace',
): void {
  updateParams(how, (target) => {
    if (value === undefined) target.delete(name);
    else target.set(name, value);
  });
}
