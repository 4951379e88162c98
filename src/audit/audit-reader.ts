import type { AuditPage, AuditQuery, AuditScan } from './audit-store.js';

/**
 * The trail as auditors read it. Both methods first write the sums that have gathered, so
 * that a reader sees all that has happened on this instance.
 * @throws ProblemError audit_unavailable
 */
export abstract class AuditReader {
  /** Newest first. @param before a position; absent: from the newest */
  abstract list(query: AuditQuery, before: string | undefined, limit: number): Promise<AuditPage>;

  /** Every entry, oldest first. @param after a position; absent: from the oldest */
  abstract scan(after: string | undefined, limit: number): Promise<AuditScan>;
}
