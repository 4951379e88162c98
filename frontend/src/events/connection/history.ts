import { computed, effect, signal } from '@preact/signals';
import type { HistoryPage, OperatorEvent, Position } from '@vx11/events-client';
import { readHistory } from '@vx11/events-client/raw';
import { ApiError, messageOf } from '../../session/problem.js';
import { api, session } from '../../session/session.js';
import { pressEnd } from '../../ui/press.js';
import { after } from '../detail/curl.js';
import { acceptedAt, eventEntry } from '../entry.js';
import { toServerQuery } from '../filter/filter-url.js';
import { boundOf } from '../filter/range.js';
import {
  addOlder,
  completeSince,
  dropped,
  eventCount,
  isHeld,
  judge,
  LIMIT,
  origin,
  shown,
} from '../list/list-state.js';
import { compiled, filter } from '../settings.js';
import { serverNow } from '../../ui/server-clock.js';

/** Events of one page. */
const PAGE = 500;
/** Matching events after which reading pauses until the operator has seen them. */
const ENOUGH = 60;
/** Events that are read without a match before the operator is asked whether to go on. */
const MOST_UNASKED = 20_000;

export type Past =
  | { readonly status: 'unknown' | 'complete' | 'full' }
  /** Reading; so far back to `at` (epoch milliseconds). */
  | { readonly status: 'loading'; readonly at?: number | undefined }
  /** Read back to `at` and stopped there. */
  | { readonly status: 'paused'; readonly at: number }
  | { readonly status: 'failed'; readonly message: string };

/** What is known about the log behind the last line of the list. */
export const past = signal<Past>({ status: 'unknown' });

/** Where the next page ends, for the present filter. */
let before: Position | undefined;
let search = 0;

// A new filter or session needs other pages, and a released list drops the pages that were read.
effect(() => {
  void compiled.value;
  void session.value;
  forget();
});
effect(() => {
  if (!isHeld.value) forget();
});
const isFull = computed(() => shown.value.length >= LIMIT);
// What the limit drops from the list is missing between the list and the pages that were read.
effect(() => {
  if (dropped.value === 0 || isHeld.value) return;
  forget();
  if (isFull.value) past.value = { status: 'full' };
});

function forget(): void {
  search += 1;
  before = undefined;
  past.value = { status: 'unknown' };
}

/**
 * Reads pages of the past until some events match, or the log ends.
 * @param whole reads on to the beginning of the log, as far as the list has room
 */
export async function loadOlder(whole = false): Promise<void> {
  if (past.value.status === 'loading' || past.value.status === 'complete') return;
  if (origin.value === undefined) return;
  search += 1;
  const mine = search;
  const first = eventCount.value;
  let read = 0;
  past.value = { status: 'loading', at: before === undefined ? undefined : acceptedAt(before) };
  try {
    for (;;) {
      if (shown.value.length >= LIMIT) {
        past.value = { status: 'full' };
        return;
      }
      const { events, next } = await readPage();
      await judge(events);
      await pressEnd();
      if (mine !== search) return;
      read += events.length;
      if (!addOlder(events.filter(compiled.value.matches).map(eventEntry))) {
        past.value = { status: 'full' };
        return;
      }
      if (next === null || isBeforeRange(next)) {
        past.value = { status: 'complete' };
        return;
      }
      before = next;
      const found = eventCount.value - first;
      if (!whole && found >= ENOUGH) {
        past.value = { status: 'unknown' };
        return;
      }
      if (!whole && read >= MOST_UNASKED) return stopReading();
      past.value = { status: 'loading', at: acceptedAt(next) };
    }
  } catch (error) {
    if (mine === search) past.value = { status: 'failed', message: messageOf(error) };
  }
}

/** Stops the reading; what was found stays. */
export function stopReading(): void {
  search += 1;
  const end = before ?? firstEnd();
  past.value = { status: 'paused', at: end ? acceptedAt(end) : serverNow() };
}

/** Everything from here back is older than the time range. */
function isBeforeRange(position: Position): boolean {
  return acceptedAt(position) < boundOf(filter.value.from)(-Infinity);
}

/** @throws ApiError */
async function readPage(): Promise<HistoryPage> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  const end = before ?? firstEnd();
  if (end) query.set('before', end);
  for (const [name, value] of toServerQuery(filter.value)) query.append(name, value);
  return fetchPage(query);
}

/** Where the first page ends: at what is in the list, or at the end of the time range. */
function firstEnd(): Position | null | undefined {
  const known = completeSince() ?? (origin.value && after(origin.value));
  const to = boundOf(filter.value.to)(Infinity);
  if (to === Infinity || (known && acceptedAt(known) < to)) return known;
  return `${to}-0`;
}

/** Parameters that an older server does not know. */
const NEWER = ['q', 'since', 'until', 'source', 'subject', 'correlationid', 'system'];

/**
 * A page of the history. During an update an older server may answer: it gets the request
 * again without the parameters that it does not know, and the panel filters its answer.
 * @throws ApiError
 */
export async function fetchPage(
  query: URLSearchParams,
  signal?: AbortSignal,
): Promise<HistoryPage> {
  try {
    const response = await api(`/events?${query.toString()}`, signal && { signal });
    return readHistory(await response.text());
  } catch (error) {
    const unknown = error instanceof ApiError ? error.faults.filter(isUnknown) : [];
    const fewer = new URLSearchParams(query);
    for (const { field } of unknown) if (NEWER.includes(field)) fewer.delete(field);
    if (fewer.size === query.size) throw error;
    return fetchPage(fewer, signal);
  }
}

function isUnknown({ message }: ApiError['faults'][number]): boolean {
  return message.endsWith('should not exist');
}

/** One event by its position; undefined when the log no longer has it. @throws ApiError */
export async function fetchEvent(position: Position): Promise<OperatorEvent | undefined> {
  const query = new URLSearchParams({ limit: '1', before: after(position) });
  const { events } = await fetchPage(query);
  return events.find((event) => event.position === position);
}
