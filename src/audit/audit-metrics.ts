/** Metrics of the audit trail. */
export abstract class AuditMetrics {
  /** Entries that are stored. */
  abstract written(entries: number): void;
  /** Actions that went into a sum. */
  abstract summed(): void;
  /** A write that failed; it is repeated. */
  abstract failed(): void;
  /** Entries that only the log of the process has, because too many waited for the store. */
  abstract lost(entries: number): void;
  /** Entries that wait for the store. */
  abstract waiting(entries: number): void;
  /** Entries in the store. */
  abstract size(entries: number): void;
}
