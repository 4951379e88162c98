import type { EventFilter } from '../../kernel/event-filter.js';
import type { LoggedEvent } from '../event.js';
import { justAfter, justBefore, type Position } from '../position.js';
import type { EventLog } from './event-log.js';
import type { TextSearch } from './text-search.js';

/** Events of one step: after each, the event loop gets its turn and the budget is checked. */
const STEP = 500;
/** Most events that one search reads, and how long it may take, milliseconds. */
export const SEARCH_BUDGET = { events: 50_000, ms: 500 };

export interface SearchQuery {
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly filter: EventFilter;
  readonly search: TextSearch;
  readonly limit: number;
  readonly take: 'oldest' | 'newest';
  readonly abandoned?: (() => boolean) | undefined;
}

export interface Found {
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** Where to go on, as `after` or `before` by `take`; undefined when all was searched. */
  readonly next: Position | undefined;
}

/**
 * Searches the JSON of events, in steps, until the page is full or the budget is used up.
 * Fewer events than `limit` prove nothing: `next` says whether more was left unsearched.
 * @throws ProblemError event_log_unavailable
 */
export async function searchLog(
  log: EventLog,
  query: SearchQuery,
  budget = SEARCH_BUDGET,
): Promise<Found> {
  const { filter, search, limit, abandoned } = query;
  const newest = query.take === 'newest';
  const until = performance.now() + budget.ms;
  const found: LoggedEvent[] = [];
  let { after, before } = query;
  for (let read = 0; read < budget.events;) {
    const step = Math.min(search.isEmpty ? limit : STEP, budget.events - read);
    const page = await log.read({
      after,
      before,
      filter,
      limit: step,
      take: query.take,
      abandoned,
    });
    read += page.events.length;
    for (const event of newest ? page.events.toReversed() : page.events) {
      if (!search.matches(event.json)) continue;
      found.push(event);
      if (found.length === limit) return { events: inOrder(found, newest), next: event.position };
    }
    if (abandoned?.() === true) break;
    if (page.events.length < step) return { events: inOrder(found, newest), next: undefined };
    if (newest) before = page.through;
    else after = page.through;
    if (performance.now() >= until) break;
    await new Promise(setImmediate);
  }
  return { events: inOrder(found, newest), next: newest ? before : after };
}

function inOrder(found: readonly LoggedEvent[], newest: boolean): readonly LoggedEvent[] {
  return newest ? found.toReversed() : found;
}

/** The positions of a period: from `since` on, before `until`, epoch milliseconds. */
export function positionsOf(
  since: number | undefined,
  until: number | undefined,
): { after: Position | undefined; before: Position | undefined } {
  return {
    after: since === undefined || since <= 0 ? undefined : justBefore(`${since}-0`),
    before: until === undefined ? undefined : until <= 0 ? justAfter('0-0') : `${until}-0`,
  };
}
