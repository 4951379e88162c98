import { comparePositions, type OperatorEvent, type Position } from '@vx11/events-client';
import { fetchPage } from '../connection/history.js';
import { timeOf } from '../entry.js';

/** Events of one correlation id that are read at most. */
const MOST = 2_000;
/** Pages that are read at most: a server that cannot filter by the id answers with all events. */
const MOST_PAGES = 40;

export interface Trace {
  /** Oldest first. */
  readonly events: readonly OperatorEvent[];
  /** The log was not read to its beginning. */
  readonly isPart: boolean;
}

/**
 * The events with this correlation id, oldest first.
 * @throws ApiError
 */
export async function fetchTrace(correlationId: string): Promise<Trace> {
  const found: OperatorEvent[] = [];
  let before: Position | null = null;
  for (let page = 0; page < MOST_PAGES && found.length < MOST; page += 1) {
    const query = new URLSearchParams({ limit: '500', correlationid: correlationId });
    // A parameter that is repeated is no list: the id may hold a comma.
    query.append('correlationid', '');
    if (before !== null) query.set('before', before);
    const { events, next } = await fetchPage(query);
    found.push(...events.filter(({ correlationid }) => correlationid === correlationId));
    if (next === null) return { events: inOrder(found), isPart: false };
    before = next;
  }
  return { events: inOrder(found), isPart: true };
}

/** Sorted by the producer's time, as the offsets are, then by position. */
function inOrder(events: readonly OperatorEvent[]): OperatorEvent[] {
  return events.toSorted(
    (a, b) => timeOf(a) - timeOf(b) || comparePositions(a.position, b.position),
  );
}
