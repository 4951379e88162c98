import type { Observable } from 'rxjs';
import type { Draft } from '../audit/chain.js';
import type { SecurityEvents, Suspicion } from '../auth/security-events.js';
import { BusUnavailable, type InstanceBus } from '../instances/instance-bus.js';
import type { Leader } from '../instances/leader.js';
import type { Clock } from '../kernel/clock.js';
import type { Logger } from '../kernel/logger.js';
import { observe } from './observation.js';
import { Patterns, type Row, type WatchThresholds } from './patterns.js';
import type { WatchMetrics } from './watch-metrics.js';

const TOPIC = 'watch.counts';
/** Rows of one message: about 10 KB. The others go with the next ones. */
const ROWS = 200;
/** Rows that wait at most; what is new beyond them is not counted. */
const MOST_WAITING = 10_000;
/** Events about one pattern at a time. */
const REPORTED = 10;

type Counted = readonly [signal: Row['signal'], subject: string, origin: string, count: number];

/**
 * Looks for suspicious patterns in what the audit trail records. Each instance sends its
 * counts to all, so each has the counts of the whole system, and the leader reports.
 */
export class Watch {
  private readonly patterns: Patterns;
  private waiting = new Map<string, { row: Row; count: number }>();

  constructor(
    thresholds: WatchThresholds,
    recorded: Observable<Draft>,
    private readonly bus: InstanceBus,
    private readonly leader: Leader,
    private readonly security: SecurityEvents,
    private readonly metrics: WatchMetrics,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'debug'>,
  ) {
    this.patterns = new Patterns(thresholds);
    recorded.subscribe((draft) => this.note(draft));
    bus.on(TOPIC, (body) => this.take((body as { rows: readonly Counted[] }).rows));
  }

  /** Sends what was counted, and reports what is suspicious; called every two seconds. */
  async tick(): Promise<void> {
    await this.send();
    const suspicions = this.patterns.find(this.minute);
    if (suspicions.length === 0 || !(await this.leader.isLeader())) return;
    for (const group of Object.values(Object.groupBy(suspicions, ({ pattern }) => pattern))) {
      this.report(group);
    }
  }

  private get minute(): number {
    return Math.floor(this.clock.monotonic() / 60_000);
  }

  private report(suspicions: readonly Suspicion[]): void {
    const greatest = suspicions.toSorted((one, other) => other.count - one.count);
    for (const one of greatest) this.metrics.suspicious(one.pattern);
    for (const one of greatest.slice(0, REPORTED)) {
      this.security.suspected(one, Math.max(0, greatest.length - REPORTED));
    }
  }

  private note(draft: Draft): void {
    const observation = observe(draft);
    if (!observation) return;
    this.wait({ ...observation, count: 1 });
  }

  private wait(row: Row): void {
    const key = `${row.signal}\n${row.subject}\n${row.origin}`;
    const known = this.waiting.get(key);
    if (known) known.count += row.count;
    else if (this.waiting.size < MOST_WAITING) this.waiting.set(key, { row, count: row.count });
  }

  private async send(): Promise<void> {
    if (this.waiting.size === 0) return;
    // The greatest first; those that stay behind grow, so that their turn comes.
    const rows = [...this.waiting.values()]
      .toSorted((one, other) => other.count - one.count)
      .slice(0, ROWS)
      .map(({ row, count }): Row => ({ ...row, count }));
    for (const { signal, subject, origin } of rows) {
      this.waiting.delete(`${signal}\n${subject}\n${origin}`);
    }
    try {
      await this.bus.send(TOPIC, {
        rows: rows.map(({ signal, subject, origin, count }) => [signal, subject, origin, count]),
      });
    } catch (err) {
      if (!(err instanceof BusUnavailable)) throw err;
      // Perhaps it was sent. To count twice is better than to count nothing.
      for (const row of rows) this.wait(row);
      this.logger.debug({ err }, 'the counts of the watch could not be sent');
    }
  }

  private take(rows: readonly Counted[]): void {
    const { minute } = this;
    for (const [signal, subject, origin, count] of rows) {
      this.patterns.add({ signal, subject, origin, count }, minute);
    }
  }
}
