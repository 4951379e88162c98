import { computed } from '@preact/signals';
import { route, updateParams } from '../app/route.js';
import { compile, type Filter } from './filter/filter.js';
import { fromParams, toParams } from './filter/filter-url.js';
import type { Zone } from '../ui/time.js';

const FILTER_PARAMS = ['severity', 'is', 'not', 'q', 're'];

/** The parameters of the events page; those of another page do not change what is filtered. */
let last = new URLSearchParams();
const params = computed(() => {
  if (route.value.page === 'events') last = route.value.params;
  return last;
});

/** Where the link to the events leads: back to the same view. */
export const eventsParams = params;

// Compared as text, so that opening an event does not filter all of them again.
const filterKey = computed(() =>
  new URLSearchParams(toParams(fromParams(params.value))).toString(),
);

export const filter = computed(() => fromParams(new URLSearchParams(filterKey.value)));
export const compiled = computed(() => compile(filter.value));
export const zone = computed<Zone>(() => (params.value.get('tz') === 'utc' ? 'utc' : 'local'));
export const isRelative = computed(() => params.value.get('time') === 'rel');
export const isGrouped = computed(() => params.value.get('group') !== '0');
/** Position of the event whose details are open. */
export const openEvent = computed(() => params.value.get('event') ?? undefined);

/** `replace` while typing, so that Back undoes a search and not its last letter. */
export function setFilter(next: Filter, how: 'push' | 'replace' = 'push'): void {
  updateParams(how, (target) => {
    for (const name of FILTER_PARAMS) target.delete(name);
    for (const [name, value] of toParams(next)) target.append(name, value);
  });
}

/** Sets one parameter, or takes it out when it has its default. */
export function setParam(name: string, value: string | undefined): void {
  updateParams('replace', (target) => {
    if (value === undefined) target.delete(name);
    else target.set(name, value);
  });
}
