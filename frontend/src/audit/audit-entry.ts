import { clockTime, day, type Zone } from '../ui/time.js';

/** One entry, as `GET /operator/api/audit` returns it. */
export interface AuditEntry {
  position: string;
  hash: string;
  chain: string;
  seq: number;
  /** ISO 8601; for several actions, that of the first one. */
  time: string;
  action: string;
  result: 'done' | 'refused';
  actor?: string;
  subject?: string;
  owner?: string;
  reason?: string;
  address?: string;
  correlation_id?: string;
  amount?: number;
  /** Number of actions that the entry sums up. */
  count?: number;
  /** Of a sum: when the last action happened. */
  until?: string;
}

export interface AuditPageAnswer {
  entries: AuditEntry[];
  /** Where older entries begin; null at the end. */
  next: string | null;
}

export interface AuditFilter {
  actor: string;
  subject: string;
  result: string;
}

/** The query of a page, newest first; empty filters are left out. */
export function auditQuery(filter: AuditFilter, before?: string | null): string {
  const query = new URLSearchParams({ limit: '100' });
  for (const [name, value] of Object.entries(filter)) {
    if (value.trim() !== '') query.set(name, value.trim());
  }
  if (before) query.set('before', before);
  return `/audit?${query.toString()}`;
}

/** `2026-11-23 10:39:16`; of a sum, which is listed when it was written, `… 10:39:16 to 10:39:31`. */
export function timeWords({ time, until = time }: AuditEntry, zone: Zone): string {
  const [from, to] = [Date.parse(time), Date.parse(until)];
  const seconds = (ms: number) => clockTime(ms, zone).slice(0, 8);
  const [firstDay, lastDay] = [day(from, zone), day(to, zone)];
  const words = `${firstDay} ${seconds(from)}`;
  if (firstDay !== lastDay) return `${words} to ${lastDay} ${seconds(to)}`;
  return seconds(from) === seconds(to) ? words : `${words} to ${seconds(to)}`;
}

/** `refused: token_expired`, `done, 12 times`, `done, 3 events`. */
export function resultWords({ result, reason, action, count = 1, amount }: AuditEntry): string {
  const why = reason === undefined ? result : `${result}: ${reason}`;
  const times = count > 1 ? `, ${count} times` : '';
  if (amount === undefined) return `${why}${times}`;
  // Reading and publishing count events; other actions have numbers of their own.
  const what = action.startsWith('events.') ? (amount === 1 ? ' event' : ' events') : '';
  return `${why}${times}, ${amount}${what}`;
}
