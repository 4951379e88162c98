/** One principal, as `GET /operator/api/principals` returns it. */
export interface PrincipalRow {
  id: string;
  source: 'managed' | 'configured' | 'issuer';
  status: 'active' | 'revoked' | 'disabled' | 'expired';
  scopes: string[];
  filter: Record<string, string[]> | null;
  rate_limit: number | null;
  comment: string | null;
  created_at: string | null;
  created_by: string | null;
  expires_at: string | null;
  credentials: { id: string; status: string; expires_at: string | null }[];
  streams: number;
}

/** The answer of `GET /operator/api/principals`. */
export interface PrincipalList {
  principals: PrincipalRow[];
  /** All there are; a server of an older version does not say. */
  total?: number;
  /** Those that match the search. */
  matching?: number;
  /** The last id of the page, when there are more. */
  next: string | null;
}

export const SCOPES = ['events:read', 'events:publish', 'streams:admin', 'audit:read'] as const;

/** `module shop; severity error`; `everything` without a filter. */
export function filterWords(filter: PrincipalRow['filter']): string {
  const parts = Object.entries(filter ?? {}).map(
    ([name, values]) => `${name} ${values.join(', ')}`,
  );
  return parts.length === 0 ? 'everything' : parts.join('; ');
}

/** Where the server finds it. */
export function pathOf(id: string, act = ''): string {
  return `/principals/${encodeURIComponent(id)}${act}`;
}
