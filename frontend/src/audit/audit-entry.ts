/** One entry, as `GET /operator/api/audit` returns it. */
export interface AuditEntry {
  position: string;
  hash: string;
  chain: string;
  seq: number;
  /** ISO 8601; of a sum, of its first action. */
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

/** `refused: token_expired`, `done, 12 times`. */
export function resultWords({ result, reason, count = 1, amount }: AuditEntry): string {
  const why = reason === undefined ? result : `${result}: ${reason}`;
  const times = count > 1 ? `, ${count} times` : '';
  return `${why}${times}${amount === undefined ? '' : ` (${amount})`}`;
}
