import { effect, signal } from '@preact/signals';
import type { OperatorEvent, Position } from '@vx11/events-client';
import { messageOf } from '../../session/problem.js';
import { api } from '../../session/session.js';
import { after } from '../detail/curl.js';
import { acceptedAt, eventEntry } from '../entry.js';
import { toServerQuery } from '../filter/filter-url.js';
import { addOlder, completeSince, isHeld, LIMIT, origin, shown } from '../list/list-state.js';
import { compiled, filter } from '../settings.js';

const PAGE = 500;
/** Pages that are read in one go before the operator is asked whether to search on. */
const PAGES_AT_ONCE = 4;

interface HistoryPage {
  events: OperatorEvent[];
  next: Position | null;
}

export type Past =
  | { readonly status: 'unknown' | 'loading' | 'complete' | 'full' }
  /** Searched back to this moment (epoch milliseconds) and found nothing. */
  | { readonly status: 'paused'; readonly at: number }
  | { readonly status: 'failed'; readonly message: string };

/** What lies behind the last line of the list. */
export const past = signal<Past>({ status: 'unknown' });

/** Where the next page ends; of the present filter. */
let before: Position | undefined;
let search = 0;

// Another filter, another past; and a list that is let go drops the pages that were read into it.
effect(() => {
  void compiled.value;
  forget();
});
effect(() => {
  if (!isHeld.value) forget();
});

function forget(): void {
  search += 1;
  before = undefined;
  past.value = { status: 'unknown' };
}

/** Reads on into the past until something matches, or there is no more. */
export async function loadOlder(): Promise<void> {
  if (past.value.status === 'loading' || past.value.status === 'complete') return;
  if (origin.value === undefined) return;
  if (shown.value.length >= LIMIT) {
    past.value = { status: 'full' };
    return;
  }
  search += 1;
  const mine = search;
  past.value = { status: 'loading' };
  try {
    for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
      const { events, next } = await readPage();
      if (mine !== search) return;
      const matching = events.filter(compiled.value.matches);
      addOlder(matching.map(eventEntry));
      if (next === null) {
        past.value = { status: 'complete' };
        return;
      }
      before = next;
      if (matching.length > 0) {
        past.value = { status: 'unknown' };
        return;
      }
    }
    past.value = { status: 'paused', at: acceptedAt(before ?? '') };
  } catch (error) {
    if (mine === search) past.value = { status: 'failed', message: messageOf(error) };
  }
}

/** @throws ApiError */
async function readPage(): Promise<HistoryPage> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  const end = before ?? completeSince() ?? (origin.value && after(origin.value));
  if (end) query.set('before', end);
  for (const [name, value] of toServerQuery(filter.value)) query.append(name, value);
  return (await (await api(`/events?${query.toString()}`)).json()) as HistoryPage;
}

/** One event by its position; undefined when the log no longer has it. @throws ApiError */
export async function fetchEvent(position: Position): Promise<OperatorEvent | undefined> {
  const response = await api(`/events?limit=1&before=${encodeURIComponent(after(position))}`);
  const { events } = (await response.json()) as HistoryPage;
  return events.find((event) => event.position === position);
}
