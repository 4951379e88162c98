import type { HistoryPage, Position, Severity } from '@vx11/events-client';
import { jsonOf } from '../../session/request.js';
import { api } from '../../session/session.js';
import { fetchPage } from '../connection/history.js';
import { acceptedAt } from '../entry.js';
import { serverPart, toServerQuery } from '../filter/filter-url.js';
import type { Filter } from '../filter/filter.js';
import { boundOf, serverTime } from '../filter/range.js';
import { newestAt } from '../list/list-state.js';
import type { Counts } from '../list/live-list.js';
import { MOST_BUCKETS, startOf, widthFor, type Timeline } from '../timeline/buckets.js';
import { serverNow } from '../../ui/server-clock.js';

/** Values of an attribute, the most frequent first. */
export type Frequencies = readonly { readonly value: string; readonly count: number }[];

/** What the server's log holds for a filter: all of it, not what the panel has loaded. */
export interface LogCounts {
  readonly total: number;
  readonly severity: Counts;
  readonly module: Frequencies;
  readonly type: Frequencies;
  readonly timeline: Timeline;
  /** Later events are not counted. */
  readonly through: Position;
  /** Position back to which was counted; undefined: to the beginning. */
  readonly backTo: Position | undefined;
}

/** The answer of `GET /operator/api/events/counts`. */
interface Answer {
  readonly total: number;
  readonly since: string;
  readonly through: Position;
  readonly severity: Counts;
  readonly module: Frequencies;
  readonly type: Frequencies;
  readonly time: { readonly bucket_ms: number; readonly buckets: readonly Counts[] };
  readonly is_complete?: boolean;
  readonly searched_back_to: Position | null;
}

/** Most requests of one count. A count of a very long log ends there, and shows how far it looked. */
const MOST_REQUESTS = 60;

/**
 * Counts the events that match, by severity, module, type and time.
 * @param first where the time axis begins, epoch milliseconds; undefined: at the oldest match
 * @param onPart is called with what is counted so far, while there is more
 * @throws ApiError
 */
export async function countLog(
  filter: Filter,
  first: number | undefined,
  signal: AbortSignal,
  onPart: (counts: LogCounts) => void,
): Promise<LogCounts> {
  const [from, to] = [boundOf(filter.from)(NaN), boundOf(filter.to)(NaN)];
  // The server's clock is known to a second.
  const end = Number.isNaN(to) ? Math.max(serverNow(), newestAt()) + 1 : to;
  const begin = Number.isNaN(from) ? (first ?? (await oldestMatch(filter, signal)) ?? end) : from;
  const width = widthFor(begin, end);
  // Rounded, unless a bound was chosen: events outside of it must not be counted.
  const start = Number.isNaN(from) ? Math.floor(begin / width) * width : begin;
  const buckets = Math.max(1, Math.min(MOST_BUCKETS + 1, Math.ceil((end - start) / width)));
  const query = new URLSearchParams(toServerQuery(filter));
  query.set('by', 'severity,module,type,time');
  query.set('buckets', String(buckets));
  query.set('since', String(start));
  query.set('until', String(Number.isNaN(to) ? serverTime(start + width * buckets) : to));
  let sum: LogCounts | undefined;
  for (let request = 0; request < MOST_REQUESTS; request += 1) {
    if (sum?.backTo !== undefined) query.set('before', sum.backTo);
    const response = await api(`/events/counts?${query.toString()}`, { signal });
    sum = added(sum, await jsonOf<Answer>(response), start);
    if (sum.backTo === undefined) break;
    onPart(sum);
  }
  return sum as LogCounts;
}

/** When the oldest match was accepted; without an index for the filter, the oldest event. */
async function oldestMatch(filter: Filter, signal: AbortSignal): Promise<number | undefined> {
  const query = new URLSearchParams(toServerQuery({ ...filter, ...serverPart(filter).indexed }));
  query.set('after', '0-0');
  query.set('limit', '1');
  const { events }: HistoryPage = await fetchPage(query, signal);
  return events[0] && acceptedAt(events[0].position);
}

function added(sum: LogCounts | undefined, answer: Answer, start: number): LogCounts {
  const backTo = answer.is_complete === false ? (answer.searched_back_to ?? undefined) : undefined;
  const { bucket_ms: width } = answer.time;
  const timeline = { start, width, buckets: answer.time.buckets };
  if (!sum) return { ...answer, backTo, timeline };
  const buckets = sum.timeline.buckets.map((one, index) => both(one, timeline.buckets[index]));
  return {
    total: sum.total + answer.total,
    severity: both(sum.severity, answer.severity),
    module: merged(sum.module, answer.module),
    type: merged(sum.type, answer.type),
    timeline: { start, width, buckets },
    through: sum.through,
    backTo,
  };
}

function both(one: Counts, other: Counts | undefined): Counts {
  const of = (severity: Severity) => one[severity] + (other?.[severity] ?? 0);
  return { info: of('info'), warn: of('warn'), error: of('error'), critical: of('critical') };
}

function merged(one: Frequencies, other: Frequencies): Frequencies {
  const counts = new Map(one.map(({ value, count }) => [value, count]));
  for (const { value, count } of other) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count);
}

/** Adds events that arrived after the count, by the time at which they were accepted. */
export function withLater(
  counts: LogCounts,
  later: readonly (readonly [at: number, severity: Severity])[],
): Pick<LogCounts, 'total' | 'severity' | 'timeline'> {
  if (later.length === 0) return counts;
  const severity = { ...counts.severity };
  const { timeline } = counts;
  const buckets = [...timeline.buckets];
  for (const [at, one] of later) {
    severity[one] += 1;
    const index = Math.floor((at - startOf(timeline, 0)) / timeline.width);
    while (index >= buckets.length && buckets.length <= 2 * MOST_BUCKETS)
      buckets.push({ info: 0, warn: 0, error: 0, critical: 0 });
    const bucket = buckets[index];
    if (bucket) buckets[index] = { ...bucket, [one]: bucket[one] + 1 };
  }
  return { total: counts.total + later.length, severity, timeline: { ...timeline, buckets } };
}
