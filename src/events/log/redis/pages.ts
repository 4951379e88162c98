import { EventFilter } from '../../../kernel/event-filter.js';
import { READ_LIMIT, type Page, type ReadQuery } from '../event-log.js';
import { placeEvent, type LoggedEvent, type Severity } from '../../event.js';
import { ORIGIN } from '../../position.js';

/** Entries that one command fetches: at 64 KiB an event, 13 MB at the most. */
const FETCH = 200;

export type LogEntry = readonly [position: string, fields: readonly string[]];

/** XRANGE or XREVRANGE over the log, `from` and `to` as they want them. */
export type Range = (
  command: 'XRANGE' | 'XREVRANGE',
  from: string,
  to: string,
  count: number,
) => Promise<readonly LogEntry[]>;

/**
 * One page of a log that lies in Redis: fetches until the page is full or the
 * range is at its end, since Redis cannot filter.
 */
export async function readPage(query: ReadQuery, range: Range): Promise<Page> {
  const { after = ORIGIN, before, filter = EventFilter.ALL, take = 'oldest' } = query;
  const limit = Math.min(query.limit, READ_LIMIT);
  const events: LoggedEvent[] = [];
  const newest = take === 'newest';
  let low = `(${after}`;
  let high = before === undefined ? '+' : `(${before}`;
  let through = after;
  // Nothing stands before the origin, and Redis refuses a range that ends there.
  while (events.length < limit && before !== ORIGIN && !query.abandoned?.()) {
    const entries = newest
      ? await range('XREVRANGE', high, low, FETCH)
      : await range('XRANGE', low, high, FETCH);
    for (const entry of entries) {
      const event = toEvent(entry);
      if (filter.matches(event)) events.push(event);
      if (!newest) through = event.position;
      if (events.length === limit) break;
    }
    const last = entries.at(-1);
    if (!last || entries.length < FETCH) break;
    if (newest) high = `(${last[0]}`;
    else low = `(${last[0]}`;
  }
  if (!newest) return { events, through };
  events.reverse();
  return { events, through: events.length === limit ? (events[0]?.position ?? after) : after };
}

/** Newest first, at most `limit`, from `position` back. */
export async function newestFirst(
  position: string,
  limit: number,
  range: Range,
): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let high = position; events.length < limit;) {
    const entries = await range('XREVRANGE', high, '-', FETCH);
    events.push(...entries.map(toEvent));
    const last = entries.at(-1);
    if (!last || entries.length < FETCH) break;
    high = `(${last[0]}`;
  }
  return events;
}

function toEvent([position, fields]: LogEntry): LoggedEvent {
  const [, , , , , s, , t = '', , m = '', , e = '', , p = ''] = fields;
  const event = { severity: s as Severity, type: t, module: m, json: e, publisher: p };
  return placeEvent(event, position);
}
