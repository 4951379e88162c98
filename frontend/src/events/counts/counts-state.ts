import { computed, effect, signal } from '@preact/signals';
import { comparePositions } from '@vx11/events-client';
import { session } from '../../session/session.js';
import { pressEnd } from '../../ui/press.js';
import { acceptedAt, type EventEntry } from '../entry.js';
import { serverPart } from '../filter/filter-url.js';
import { shown, waitingEntries } from '../list/list-state.js';
import { filter } from '../settings.js';
import { countLog, withLater, type LogCounts } from './log-counts.js';

/** Between two counts of a filter that the log counts by its index, milliseconds. */
const EVERY_MS = 10_000;
/** Sooner, when so many events came that the list, which is limited, may soon drop some. */
const SOON_MS = 2_000;
const MANY = 1_000;
/** Another filter is counted when the typing has paused for this long. */
const PAUSE_MS = 250;

export type LogCount =
  /** The server cannot count this filter, or has not yet. */
  | { readonly status: 'unknown' }
  | { readonly status: 'part' | 'whole'; readonly counts: LogCounts };

const counted = signal<LogCount>({ status: 'unknown' });

/** Whether counting is under way. */
export const isCounting = signal(false);

/** What the whole log, or the time range, holds for the filter on screen. */
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
  const isSignedIn = session.value.status === 'in';
  counted.value = { status: 'unknown' };
  isCounting.value = false;
  const { isWhole, isIndexed } = serverPart(wish);
  if (!isSignedIn || !isWhole) return;
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  let first: number | undefined;
  const count = async (): Promise<void> => {
    if (!document.hidden) first = await refresh(wish, first, abort.signal);
    // A search of the text reads the log, so it is not repeated: the stream brings the rest.
    if (isIndexed && !abort.signal.aborted) await next(0);
  };
  const next = async (waited: number): Promise<void> => {
    const value = counted.peek();
    const isMuch = value.status === 'unknown' || laterThan(value.counts).length > MANY;
    if (waited >= EVERY_MS || (waited > 0 && isMuch)) return count();
    timer = setTimeout(() => void next(waited + SOON_MS), SOON_MS);
  };
  timer = setTimeout(() => void count(), PAUSE_MS);
  return () => {
    clearTimeout(timer);
    abort.abort();
  };
});

/** @returns where the time axis begins: the next count keeps it */
async function refresh(
  wish: typeof filter.value,
  first: number | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  isCounting.value = counted.peek().status !== 'whole';
  const show = async (status: 'part' | 'whole', counts: LogCounts): Promise<void> => {
    await pressEnd();
    if (!signal.aborted) counted.value = { status, counts };
  };
  try {
    const counts = await countLog(wish, first, signal, (part) => void show('part', part));
    await show(counts.backTo === undefined ? 'whole' : 'part', counts);
    return first ?? (counts.total > 0 ? counts.timeline.start : undefined);
  } catch {
    // What was counted stays; the header says why the server does not answer.
    return first;
  } finally {
    if (!signal.aborted) isCounting.value = false;
  }
}
