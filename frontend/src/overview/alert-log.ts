import type { OperatorEvent, Position } from '@vx11/events-client';
import { firingAlerts } from './incidents.js';

/** A page of the history; `next` is null at its end. */
export interface Page {
  readonly events: readonly OperatorEvent[];
  readonly next: Position | null;
}

/** What is known from the alert events of the log: read back from the newest, then forward. */
export interface AlertLog {
  /** Oldest first while reading back; then one event for each alert that fires. */
  readonly events: readonly OperatorEvent[];
  /** How many events were read. */
  readonly read: number;
  /** Where the next older page ends; null: nothing is older. */
  readonly before: Position | null | undefined;
  /** The newest event that was read. */
  readonly after: Position | undefined;
}

export const NO_ALERTS: AlertLog = { events: [], read: 0, before: undefined, after: undefined };

/** Events after which reading back stops. */
export const MOST_READ = 5_000;

function isReadingBack({ read, before }: AlertLog): boolean {
  return before !== null && read < MOST_READ;
}

/** The request for the next page. */
export function nextPath(log: AlertLog): string {
  const query = new URLSearchParams({
    type: 'vx11.alert.firing,vx11.alert.resolved',
    limit: '500',
  });
  if (isReadingBack(log)) {
    if (log.before) query.set('before', log.before);
  } else if (log.after) query.set('after', log.after);
  return `/events?${query.toString()}`;
}

/** The log with the answer to `nextPath`, and whether there is more to read at once. */
export function withPage(log: AlertLog, { events, next }: Page): [AlertLog, hasMore: boolean] {
  const newest = events.at(-1)?.position;
  const read = log.read + events.length;
  if (!isReadingBack(log) && log.after !== undefined) {
    const known = { ...log, read, after: newest ?? log.after };
    return [{ ...known, events: lastOf([...log.events, ...events]) }, next !== null];
  }
  const all = [...events, ...log.events];
  const known = { events: all, read, before: next, after: log.after ?? newest };
  const hasMore = isReadingBack(known);
  return [hasMore ? known : { ...known, events: lastOf(all) }, hasMore];
}

/** The events that say which alerts fire: all that newer pages need. */
function lastOf(events: readonly OperatorEvent[]): OperatorEvent[] {
  return firingAlerts(events).map(({ event }) => event);
}
