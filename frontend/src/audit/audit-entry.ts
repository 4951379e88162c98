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

/** `refused: token_expired`, `done, 12 times`, `done, 3 events`. */
export function resultWords({ result, reason, action, count = 1, amount }: AuditEntry): string {
  const why = reason === undefined ? result : `${result}: ${reason}`;
  const times = count > 1 ? `, ${count} times` : '';
  if (amount === undefined) return `${why}${times}`;
  // Reading and publishing count events; other actions have numbers of their own.
  const what = action.startsWith('events.') ? (amount === 1 ? ' event' : ' events') : '';
  return `${why}${times}, ${amount}${what}`;
}
