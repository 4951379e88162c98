import { computed } from '@preact/signals';
import { nowThere } from '../../ui/clock.js';
import { acceptedAt } from '../entry.js';
import { boundOf, toBound } from '../filter/range.js';
import { logCount } from '../counts/counts-state.js';
import { eventCount, shown } from '../list/list-state.js';
import { filter, setFilter } from '../settings.js';
import { timelineOf, type Timeline } from './buckets.js';

/** The list follows new events: the time range has no end. */
export const isLive = computed(() => filter.value.to === '');

/**
 * Matching events on a time axis: those of the whole log where the server counts them, else
 * those of the list. Undefined while there are none.
 */
export const timeline = computed<Timeline | undefined>(() => {
  const { value } = logCount;
  if (value.status === 'unknown') return loadedTimeline.value;
  return value.counts.total === 0 ? undefined : value.counts.timeline;
});

const loadedTimeline = computed<Timeline | undefined>(() => {
  const until = boundOf(filter.value.to)(nowThere.value);
  // Depends on the filter, and on new events after a quiet second.
  void eventCount.value;
  const events = shown
    .peek()
    .flatMap((entry) =>
      entry.kind === 'event' ? [[acceptedAt(entry.key), entry.event.severity] as const] : [],
    );
  const first = events[0]?.[0];
  if (first === undefined) return undefined;
  return timelineOf(events, Math.max(first, boundOf(filter.value.from)(-Infinity)), until);
});

/** Shows the time between two moments, epoch milliseconds. */
export function selectRange(from: number, to: number): void {
  setFilter({ ...filter.value, from: toBound(from), to: toBound(to) });
}

/** Follows the newest events again. */
export function backToLive(): void {
  setFilter({ ...filter.value, from: '', to: '' });
}
