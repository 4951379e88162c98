import type { Logger } from '../kernel/logger.js';
import { AuditTrail, type AuditEntry } from './audit-trail.js';

/** Writes each entry as one log line with `"audit": true`. */
export class LogAuditTrail extends AuditTrail {
  constructor(private readonly logger: Logger) {
    super();
  }

  record(entry: AuditEntry): void {
    // Issuing is the hot path: thousands a second, and counted by a metric.
    const level = entry.action === 'token.issued' ? 'debug' : 'info';
    this.logger[level]({ audit: true, ...entry }, entry.action);
  }
}
