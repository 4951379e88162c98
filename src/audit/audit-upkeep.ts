import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import type { AuditMetrics } from './audit-metrics.js';
import {
  AuditStoreUnavailable,
  MOST_TRIMMED,
  type AuditStore,
  type Leftover,
  type Trimmed,
} from './audit-store.js';
import type { ChainedAuditTrail } from './chained-audit-trail.js';

/** Milliseconds between two searches for entries to remove, unless more are left. */
const TRIM_MS = 10 * 60_000;
const DAY_MS = 24 * 3_600_000;

export interface Retention {
  readonly days: number;
  readonly entries: number;
}

/** Removes what is too old, and records the ends of chains whose writers have gone. */
export class AuditUpkeep {
  private trimmedAt = -Infinity;

  constructor(
    private readonly store: AuditStore,
    private readonly trail: ChainedAuditTrail,
    private readonly retention: Retention,
    private readonly metrics: AuditMetrics,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'debug'>,
  ) {}

  /** Called by the schedule. When the store does not answer, the next call tries again. */
  async run(): Promise<void> {
    try {
      for (const leftover of await this.store.leftovers()) await this.adopt(leftover);
      await this.trim();
    } catch (err) {
      if (!(err instanceof AuditStoreUnavailable)) throw err;
      this.logger.debug({ err }, 'audit trail: its store does not answer');
    }
  }

  private async adopt({ head, sums }: Leftover): Promise<void> {
    const end = this.trail.ownDraft(
      { action: 'audit.adopted', subject: head.chain },
      { seq: head.seq, hash: head.hash },
    );
    await this.trail.storeOwn([...sums, end], head.chain);
  }

  private async trim(): Promise<void> {
    const now = this.clock.monotonic();
    if (now - this.trimmedAt < TRIM_MS) return;
    const { days, entries } = this.retention;
    const trimmed = await this.store.excess(this.clock.now() - days * DAY_MS, entries);
    this.metrics.size((await this.store.size()) - trimmed.count);
    if (trimmed.count > 0 && !(await this.remove(trimmed))) return;
    // Not at once again: each removal adds entries itself.
    if (trimmed.count < MOST_TRIMMED) this.trimmedAt = now;
  }

  private async remove(trimmed: Trimmed): Promise<boolean> {
    const note = this.trail.ownDraft(
      { action: 'audit.trimmed', amount: trimmed.count },
      { through: trimmed.through },
    );
    if (!(await this.trail.storeOwn([note]))) return false;
    await this.store.trim(trimmed);
    return true;
  }
}
