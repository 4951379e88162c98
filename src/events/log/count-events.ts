import type { EventFilter } from '../../kernel/event-filter.js';
import {
  comparePositions,
  earlier,
  justAfter,
  ORIGIN,
  positionTime,
  type Position,
} from '../position.js';
import { EventCounter, type Counts } from './event-counts.js';
import type { Bounds, CountQuery, EventLog } from './event-log.js';
import { positionsOf, scanBack } from './search-log.js';
import type { TextSearch } from './text-search.js';

/** Most values of module and of type in one answer: the most frequent ones. */
const MOST_VALUES = 100;

export interface CountEventsQuery {
  /** Epoch milliseconds; absent: since the oldest event held. */
  readonly since?: number | undefined;
  /** Epoch milliseconds; absent: until now, and through the newest event. */
  readonly until?: number | undefined;
  readonly by: readonly ('severity' | 'module' | 'type' | 'time')[];
  /** Number of time buckets. */
  readonly buckets: number;
  readonly filter: EventFilter;
  /** What the caller may read at all, whatever the query asks for. */
  readonly visible: EventFilter;
  readonly search: TextSearch;
  /** Only events before this position: where an earlier count stopped. */
  readonly before?: Position | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly abandoned?: (() => boolean) | undefined;
}

/**
 * The answer of `GET /operator/api/events/counts`.
 * @throws ProblemError event_log_unavailable
 */
export async function countEvents(log: EventLog, query: CountEventsQuery): Promise<object> {
  const { trimmedThrough, oldest, newest } = await visibleBounds(log, query);
  // The time of the newest event may be ahead of this clock, and the buckets must have room for it.
  const until = query.until ?? Math.max(query.now, positionTime(newest)) + 1;
  const since = query.since ?? (oldest === undefined ? until : positionTime(oldest));
  const width = Math.max(1, Math.ceil((until - since) / query.buckets));
  const count = Math.max(0, Math.ceil((until - since) / width));
  const { after, before } = positionsOf(query.since, query.until);
  // Events that are accepted while this counts are left out, so that a caller with a stream
  // can add what comes after `through`.
  const end = [before, query.before, justAfter(newest)].reduce((one, other) =>
    one && other ? earlier(one, other) : (one ?? other),
  );
  const range: CountQuery = {
    after,
    before: end,
    filter: query.filter,
    buckets: query.by.includes('time') ? { since, width, count } : undefined,
    abandoned: query.abandoned,
  };
  const { counts, stoppedAt } = query.search.isEmpty
    ? { counts: await log.count(range), stoppedAt: undefined }
    : await countFound(log, range, query.search);
  const isPart = comparePositions(trimmedThrough, after ?? ORIGIN) > 0;
  const groups = {
    severity: () => counts.severity,
    module: () => mostFrequent(counts.module),
    type: () => mostFrequent(counts.type),
    time: () => ({
      bucket_ms: width,
      buckets: counts.time.map((numbers, index) => ({
        since: toIso(since + index * width),
        ...numbers,
      })),
    }),
  };
  return {
    total: counts.total,
    since: toIso(since),
    until: toIso(until),
    ...Object.fromEntries(query.by.map((name) => [name, groups[name]()])),
    through: newest,
    is_complete: stoppedAt === undefined,
    searched_back_to: stoppedAt ?? (isPart ? (oldest ?? null) : null),
  };
}

/**
 * The bounds of the log as the caller sees it: positions of events outside of its filter say
 * when others were active.
 */
async function visibleBounds(
  log: EventLog,
  { visible, abandoned }: CountEventsQuery,
): Promise<Pick<Bounds, 'trimmedThrough' | 'oldest' | 'newest'>> {
  const bounds = await log.bounds();
  if (visible.specs.length === 0) return bounds;
  const endOf = async (take: 'oldest' | 'newest'): Promise<Position | undefined> => {
    const { events } = await log.read({ filter: visible, limit: 1, take, abandoned });
    return events[0]?.position;
  };
  const [oldest, newest = ORIGIN] = await Promise.all([endOf('oldest'), endOf('newest')]);
  return { trimmedThrough: bounds.trimmedThrough, oldest, newest };
}

/** Counts by reading, from the newest event back, as far as the budget of a search goes. */
async function countFound(
  log: EventLog,
  range: CountQuery,
  search: TextSearch,
): Promise<{ counts: Counts; stoppedAt: Position | undefined }> {
  const counts = new EventCounter(range.buckets);
  const stoppedAt = await scanBack(log, { ...range, search }, (event) => {
    counts.add(event, 1);
    counts.addTime(positionTime(event.position), event.severity, 1);
  });
  return { counts, stoppedAt };
}

function mostFrequent(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_VALUES);
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
