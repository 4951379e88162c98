import type { EventFilter } from '../../kernel/event-filter.js';
import type { LoggedEvent } from '../event.js';
import { earlier, justAfter, justBefore, type Position } from '../position.js';
import type { EventLog } from './event-log.js';
import { isBehindGap, wholeFrom } from './gap.js';
import type { TextSearch } from './text-search.js';

/** Events of one step: after each, the event loop gets its turn and the budget is checked. */
const STEP = 500;
/** Most events that one search reads, and how long it may take, milliseconds. */
export const SEARCH_BUDGET = { events: 50_000, ms: 500 };

export interface ScanQuery {
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly filter?: EventFilter | undefined;
  readonly search: TextSearch;
  readonly abandoned?: (() => boolean) | undefined;
}

export interface SearchQuery extends ScanQuery {
  readonly limit: number;
  readonly take: 'oldest' | 'newest';
  /** How far a reader had read who goes on from there: `resumed` says what has become of it. */
  readonly resume?: Position | undefined;
}

export interface Found {
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** Where to go on, as `after` or `before` by `take`; undefined when all was searched. */
  readonly next: Position | undefined;
  readonly resumed?: Resumed;
}

export interface Resumed {
  /** Everything up to this position was searched, matching or not. */
  readonly latest: Position;
  /** Some events after the place to resume from are gone. */
  readonly gap: { readonly lost: true; readonly oldest: Position | null } | null;
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
  const found: LoggedEvent[] = [];
  const { limit, take, search, resume } = query;
  const step = search.isEmpty ? limit : STEP;
  const { next, through } = await scan(log, { ...query, step }, budget, (event) => {
    found.push(event);
    return found.length < limit;
  });
  if (take === 'newest') return { events: found.toReversed(), next };
  if (resume === undefined) return { events: found, next };
  // Read after the events: shows what the log had trimmed by then.
  const bounds = await log.bounds(resume);
  const gap = isBehindGap(resume, bounds)
    ? ({ lost: true, oldest: wholeFrom(bounds) ?? null } as const)
    : null;
  return {
    events: found,
    next,
    resumed: { latest: earlier(next ?? through ?? resume, bounds.newest), gap },
  };
}

/**
 * Visits the matching events from the newest back, as far as the budget goes.
 * @returns where it stopped; undefined when all was visited
 * @throws ProblemError event_log_unavailable
 */
export async function scanBack(
  log: EventLog,
  query: ScanQuery,
  visit: (event: LoggedEvent) => void,
  budget = SEARCH_BUDGET,
): Promise<Position | undefined> {
  const { next } = await scan(log, { ...query, take: 'newest', step: STEP }, budget, (event) => {
    visit(event);
    return true;
  });
  return next;
}

/** @param visit returns whether to go on */
async function scan(
  log: EventLog,
  query: ScanQuery & { readonly take: 'oldest' | 'newest'; readonly step: number },
  budget: typeof SEARCH_BUDGET,
  visit: (event: LoggedEvent) => boolean,
): Promise<{ next?: Position | undefined; through?: Position | undefined }> {
  const { filter, search, abandoned, take } = query;
  const newest = take === 'newest';
  const until = performance.now() + budget.ms;
  let { after, before } = query;
  for (let read = 0; read < budget.events;) {
    const limit = Math.min(query.step, budget.events - read);
    const page = await log.read({ after, before, filter, search, limit, take, abandoned });
    read += page.events.length;
    for (const event of newest ? page.events.toReversed() : page.events) {
      if (search.matches(event.json) && !visit(event)) return { next: event.position };
    }
    if (abandoned?.() === true) break;
    if (page.events.length < limit) return { through: page.through };
    if (newest) before = page.through;
    else after = page.through;
    if (performance.now() >= until) break;
    await new Promise(setImmediate);
  }
  return { next: newest ? before : after };
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
