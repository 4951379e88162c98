import { AuditTrail, type AuditEntry } from '../../src/audit/audit-trail.js';

/** Keeps every audit entry. */
export class AuditNotes extends AuditTrail {
  readonly entries: AuditEntry[] = [];

  record(entry: AuditEntry): Promise<void> {
    this.entries.push(entry);
    return Promise.resolve();
  }
}
