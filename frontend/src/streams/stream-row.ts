interface FilterSpec {
  severity?: string[];
  module?: string[];
  type?: string[];
  source?: string[];
  subject?: string[];
}

/** One open stream, as `GET /operator/api/streams` returns it. */
export interface StreamRow {
  id: string;
  /** The instance that serves it. */
  instance: string;
  principal_id: string;
  credential: string;
  /** All of them must match. */
  filter: FilterSpec[];
  address: string;
  user_agent: string;
  /** ISO 8601. */
  opened_at: string;
  /** Live events so far; a server of an older version does not say. */
  events_delivered?: number;
  /** Bytes that the client has not read. */
  backlog_bytes?: number;
}

/** The answer of `GET /operator/api/streams`. */
export interface StreamList {
  /** At most a thousand of each instance, the newest. */
  streams: StreamRow[];
  /** All that are open, listed or not. */
  total: number;
  /** Those that match the search; a server of an older version does not search. */
  matching?: number;
  /** Instances that did not answer in time; their streams are missing. */
  silent_instances: number;
}

/** `severity error, critical; module shop`; `everything` without a filter. */
export function filterWords(filter: readonly FilterSpec[]): string {
  const parts = filter.flatMap((spec) =>
    Object.entries(spec).map(([name, values]) => `${name} ${(values as string[]).join(', ')}`),
  );
  return parts.length === 0 ? 'everything' : parts.join('; ');
}
