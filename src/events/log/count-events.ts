import type { EventFilter } from '../../kernel/event-filter.js';
import { comparePositions, ORIGIN, positionTime } from '../position.js';
import type { EventLog } from './event-log.js';
import { positionsOf } from './search-log.js';

/** Most values of module and of type in one answer: the most frequent ones. */
const MOST_VALUES = 100;

export interface CountEventsQuery {
  /** Epoch milliseconds; absent: since the oldest event held. */
  readonly since?: number | undefined;
  /** Epoch milliseconds; absent: until now. */
  readonly until?: number | undefined;
  readonly by: readonly ('severity' | 'module' | 'type' | 'time')[];
  /** Number of time buckets. */
  readonly buckets: number;
  readonly filter: EventFilter;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly abandoned?: (() => boolean) | undefined;
}

/**
 * The answer of `GET /operator/api/events/counts`.
 * @throws ProblemError event_log_unavailable
 */
export async function countEvents(log: EventLog, query: CountEventsQuery): Promise<object> {
  const { trimmedThrough, oldest } = await log.bounds();
  // A bound of the whole log: the time of the newest event may be ahead of this clock.
  const until = query.until ?? query.now + 1;
  const since = query.since ?? (oldest === undefined ? until : positionTime(oldest));
  const width = Math.max(1, Math.ceil((until - since) / query.buckets));
  const count = Math.max(0, Math.ceil((until - since) / width));
  const { after, before } = positionsOf(query.since, query.until);
  const counts = await log.count({
    after,
    before,
    filter: query.filter,
    buckets: query.by.includes('time') ? { since, width, count } : undefined,
    abandoned: query.abandoned,
  });
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
    searched_back_to: isPart ? (oldest ?? null) : null,
  };
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
