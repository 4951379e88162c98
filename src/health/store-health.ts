import type { EventLog } from '../events/event-log.js';
import type { SystemEvents } from '../events/system-events.js';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';

/**
 * Watches the event log and tells the operators when it fails and when it is
 * back. A lost log cannot keep the event that it is lost, so that one is
 * written as a log line as well.
 */
export class StoreHealth {
  private lostAt: number | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly events: SystemEvents,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  get up(): boolean {
    return this.lostAt === undefined;
  }

  /** Asks the log; called by the schedule and by readiness. */
  async check(): Promise<boolean> {
    try {
      await this.log.bounds();
    } catch (err) {
      await this.lost(err);
      return false;
    }
    await this.back();
    return true;
  }

  private async lost(err: unknown): Promise<void> {
    if (this.lostAt !== undefined) return;
    this.lostAt = this.clock.monotonic();
    this.logger.error({ err }, 'the event log does not answer');
    await this.events.store('lost', 'event log');
  }

  private async back(): Promise<void> {
    if (this.lostAt === undefined) return;
    const away = Math.round(this.clock.monotonic() - this.lostAt);
    this.lostAt = undefined;
    this.logger.warn({ away_ms: away }, 'the event log answers again');
    await this.events.store('back', 'event log', { away_ms: away });
  }
}
