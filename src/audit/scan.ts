import type { AuditQuery } from './audit-store.js';
import type { ChainedEntry, Head, StoredEntry } from './chain.js';

/** Entries that one page looks at, so that a search never stops the event loop. */
export const SCANNED = 20_000;
/** Whether the entry matches the query. */
export function matches(entry: ChainedEntry, query: AuditQuery): boolean {
  const at = Date.parse(entry.time);
  const { principals } = query;
  return (
    (query.since === undefined || at >= query.since) &&
    (query.until === undefined || at < query.until) &&
    (query.actions === undefined || query.actions.includes(entry.action)) &&
    is(query.actor, entry.actor) &&
    is(query.subject, entry.subject) &&
    is(query.address, entry.address) &&
    is(query.result, entry.result) &&
    is(query.correlationId, entry.correlation_id) &&
    (principals === undefined ||
      [entry.actor, entry.subject, entry.owner].some(
        (id) => id !== undefined && principals.has(id),
      ))
  );
}

function is(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}

/** The last of these entries of each chain. */
export function headsOf(entries: readonly StoredEntry[]): Head[] {
  const heads = new Map<string, Head>();
  for (const { entry, hash } of entries) {
    heads.set(entry.chain, { chain: entry.chain, seq: entry.seq, hash });
  }
  return [...heads.values()];
}
