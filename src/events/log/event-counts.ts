import type { Severity } from '../event.js';

/** The time buckets of a count: `count` of them, each `width` milliseconds, the first from `since` on. */
export interface Buckets {
  /** Epoch milliseconds. */
  readonly since: number;
  readonly width: number;
  readonly count: number;
}

/** Numbers of events. */
export interface Counts {
  readonly total: number;
  readonly severity: Readonly<Record<Severity, number>>;
  readonly module: ReadonlyMap<string, number>;
  readonly type: ReadonlyMap<string, number>;
  /** One for each bucket, in their order; empty when no buckets were requested. */
  readonly time: readonly Readonly<Record<Severity, number>>[];
}

function noEvents(): Record<Severity, number> {
  return { info: 0, warn: 0, error: 0, critical: 0 };
}

/** Counts events as they are added. */
export class EventCounter implements Counts {
  total = 0;
  readonly severity = noEvents();
  readonly module = new Map<string, number>();
  readonly type = new Map<string, number>();
  readonly time: Record<Severity, number>[];

  constructor(private readonly buckets: Buckets | undefined) {
    this.time = Array.from({ length: buckets?.count ?? 0 }, noEvents);
  }

  /** Adds a number of events with the same labels to everything but the buckets. */
  add(labels: { severity: string; module: string; type: string }, count: number): void {
    if (count === 0) return;
    this.total += count;
    this.severity[labels.severity as Severity] += count;
    this.module.set(labels.module, (this.module.get(labels.module) ?? 0) + count);
    this.type.set(labels.type, (this.type.get(labels.type) ?? 0) + count);
  }

  /** Adds events to the bucket of a time, epoch milliseconds. Other times are ignored. */
  addTime(ms: number, severity: string, count: number): void {
    const bucket = this.time[this.bucketOf(ms)];
    if (bucket) bucket[severity as Severity] += count;
  }

  /** When the bucket of this time ends, epoch milliseconds; Infinity outside the buckets. */
  endOfBucket(ms: number): number {
    const index = this.bucketOf(ms);
    if (!this.buckets || index >= this.buckets.count) return Infinity;
    return this.buckets.since + (Math.max(index, -1) + 1) * this.buckets.width;
  }

  private bucketOf(ms: number): number {
    return this.buckets ? Math.floor((ms - this.buckets.since) / this.buckets.width) : Infinity;
  }
}
