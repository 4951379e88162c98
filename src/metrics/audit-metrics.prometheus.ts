import { Counter, Gauge } from 'prom-client';
import { AuditMetrics } from '../audit/audit-metrics.js';
import { PREFIX } from './names.js';

export class PrometheusAuditMetrics extends AuditMetrics {
  private readonly writtenTotal = new Counter({
    name: `${PREFIX}audit_entries_written_total`,
    help: 'Entries stored in the audit trail',
  });
  private readonly summedTotal = new Counter({
    name: `${PREFIX}audit_actions_summed_total`,
    help: 'Actions that went into the sum of a burst instead of an entry of their own',
  });
  private readonly failuresTotal = new Counter({
    name: `${PREFIX}audit_write_failures_total`,
    help: 'Writes that the store of the audit trail did not take; they are repeated',
  });
  private readonly lostTotal = new Counter({
    name: `${PREFIX}audit_entries_lost_total`,
    help: 'Entries that only the log of the process has: too many waited for the store',
  });
  private readonly waitingEntries = new Gauge({
    name: `${PREFIX}audit_entries_waiting`,
    help: 'Entries that wait for the store of the audit trail',
  });
  private readonly length = new Gauge({
    name: `${PREFIX}audit_entries`,
    help: 'Entries in the audit trail, as last counted',
  });

  written(entries: number): void {
    this.writtenTotal.inc(entries);
  }

  summed(): void {
    this.summedTotal.inc();
  }

  failed(): void {
    this.failuresTotal.inc();
  }

  lost(entries: number): void {
    this.lostTotal.inc(entries);
  }

  waiting(entries: number): void {
    this.waitingEntries.set(entries);
  }

  size(entries: number): void {
    this.length.set(entries);
  }
}
