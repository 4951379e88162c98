import type { OperatorEvent } from '@vx11/events-client';
import { acceptedAt, type Entry, type EventEntry } from '../entry.js';

/** What an event of an Alertmanager says about its alert. */
export interface AlertState {
  readonly isFiring: boolean;
  /** Epoch milliseconds. */
  readonly since: number;
  /** When it was resolved. */
  readonly until: number | undefined;
}

const TYPES = ['vx11.alert.firing', 'vx11.alert.resolved'];

/** The alert that the event is about; the ids of its events are `fingerprint/start/state`. */
export function alertKey({ id, type }: OperatorEvent): string | undefined {
  return TYPES.includes(type) ? id.slice(0, id.lastIndexOf('/')) : undefined;
}

export function alertState(event: OperatorEvent): AlertState | undefined {
  if (!TYPES.includes(event.type)) return undefined;
  const isFiring = event.type === 'vx11.alert.firing';
  const { starts_at: start, ends_at: end } = Object(event.data) as Record<string, unknown>;
  const since = msOf(start) ?? acceptedAt(event.position);
  const until = isFiring ? undefined : Math.max(since, msOf(end) ?? acceptedAt(event.position));
  return { isFiring, since, until };
}

function msOf(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The events of each alert that has several, the newest first. */
export function alertsOf(entries: readonly Entry[]): ReadonlyMap<string, readonly EventEntry[]> {
  const alerts = new Map<string, EventEntry[]>();
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (entry?.kind !== 'event') continue;
    const key = alertKey(entry.event);
    if (key === undefined) continue;
    const events = alerts.get(key);
    if (events) events.push(entry);
    else alerts.set(key, [entry]);
  }
  return alerts;
}
