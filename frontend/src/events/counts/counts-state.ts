import { computed, effect, signal } from '@preact/signals';
import { comparePositions } from '@vx11/events-client';
import { ApiError } from '../../session/problem.js';
import { may } from '../../session/session.js';
import { pressEnd } from '../../ui/press.js';
import { acceptedAt, type EventEntry } from '../entry.js';
import { serverPart } from '../filter/filter-url.js';
import { shown, waitingEntries } from '../list/list-state.js';
import { filter } from '../settings.js';
import { countLog, withLater, type LogCounts } from './log-counts.js';

/** Interval of counts, milliseconds. */
const EVERY_MS = 10_000;
/** A text search reads the log: its pause is this many times as long as the search. */
const REST = 20;
/** Shorter interval while many events arrive: the list is limited, and would drop some uncounted. */
const SOON_MS = 2_000;
const MANY = 1_000;
/** A new filter is counted when the typing pauses for this long. */
const PAUSE_MS = 250;

export type LogCount =
  /** The server cannot count this filter, or has not yet. */
  | { readonly status: 'unknown' }
  | { readonly status: 'part' | 'whole'; readonly counts: LogCounts };

const counted = signal<LogCount>({ status: 'unknown' });

/** Whether counting is under way. */
export const isCounting = signal(false);

/** The counts of the whole log, or of the time range, for the filter on screen. */
export const logCount = computed<LogCount>(() => {
  const { value } = counted;
  if (value.status === 'unknown') return value;
  const { counts } = value;
  return { ...value, counts: { ...counts, ...withLater(counts, laterThan(counts)) } };
});

/** Matching events of the stream that the count does not include. */
function laterThan({ through }: LogCounts): (readonly [number, EventEntry['event']['severity']])[] {
  if (filter.value.to !== '') return [];
  const later: (readonly [number, EventEntry['event']['severity']])[] = [];
  for (const list of [shown.value, waitingEntries.value]) {
    for (let index = list.length - 1; index >= 0; index -= 1) {
      const entry = list[index];
      if (entry?.kind !== 'event') continue;
      if (comparePositions(entry.key, through) <= 0) break;
      later.push([acceptedAt(entry.key), entry.event.severity]);
    }
  }
  return later;
}

effect(() => {
  const wish = filter.value;
  counted.value = { status: 'unknown' };
  isCounting.value = false;
  const { isWhole, isIndexed } = serverPart(wish);
  if (!may('events:read') || !isWhole) return;
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  let first: number | undefined;
  let pauseMs = EVERY_MS;
  const count = async (): Promise<void> => {
    let isRepeated = true;
    if (!document.hidden) {
      const began = performance.now();
      const done = await refresh(wish, first, abort.signal);
      first = done.first;
      isRepeated = done.outcome !== 'refused';
      if (!isIndexed) pauseMs = Math.max(EVERY_MS, REST * (performance.now() - began));
    }
    if (isRepeated && !abort.signal.aborted) await next(0);
  };
  const next = async (waited: number): Promise<void> => {
    const value = counted.peek();
    const isMuch =
      value.status === 'unknown' || (isIndexed && laterThan(value.counts).length > MANY);
    if (waited >= pauseMs || (waited > 0 && isMuch)) return count();
    timer = setTimeout(() => void next(waited + SOON_MS), SOON_MS);
  };
  timer = setTimeout(() => void count(), PAUSE_MS);
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
});

/** @returns where the time axis begins, which the next count keeps, and how this one ended */
async function refresh(
  wish: typeof filter.value,
  first: number | undefined,
  signal: AbortSignal,
): Promise<{ first: number | undefined; outcome: 'counted' | 'failed' | 'refused' }> {
  // What is counted again stands until the new count has come to its end.
  const isKnown = counted.peek().status !== 'unknown';
  isCounting.value = !isKnown;
  const show = async (status: 'part' | 'whole', counts: LogCounts): Promise<void> => {
    await pressEnd();
    if (!signal.aborted) counted.value = { status, counts };
  };
  try {
    const counts = await countLog(wish, first, signal, (part) => {
      if (!isKnown) void show('part', part);
    });
    await show(counts.backTo === undefined ? 'whole' : 'part', counts);
    const start = first ?? (counts.total > 0 ? counts.timeline.start : undefined);
    return { first: start, outcome: 'counted' };
  } catch (error) {
    // The last counts stay; the header shows why the server does not answer.
    const isRefused = error instanceof ApiError && [400, 403].includes(error.status);
    return { first, outcome: isRefused ? 'refused' : 'failed' };
  } finally {
    if (!signal.aborted) isCounting.value = false;
  }
}
