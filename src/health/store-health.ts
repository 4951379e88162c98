import { Inject, Injectable } from '@nestjs/common';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { EventLog } from '../events/log/event-log.js';
import { SystemEvents } from '../events/announce/system-events.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { CanaryMetrics } from './canary-metrics.js';
import { ServiceRecord, type Moment } from './service-record.js';

/** Milliseconds within which a canary must come back. */
const PATIENCE_MS = 2_000;
/** Milliseconds between two ticks, and between two checks while the store does not work: clients wait for it. */
export const TICK_MS = 250;
/** Milliseconds between two checks while it works. */
const EVERY_MS = 1_000;
const TOPIC = 'canary';

/**
 * Whether the event log works: once a second, and four times a second while it does not, a
 * canary message goes over the instance bus and back, and the log checks itself. Publishes
 * an event when the log is lost and when it is back.
 */
@Injectable()
export class StoreHealth {
  private readonly record: ServiceRecord;
  private looking: Promise<void> | undefined;
  private failure: unknown;
  /** When the last check began, monotonic milliseconds. */
  private lookedAt = -Infinity;

  constructor(
    private readonly log: EventLog,
    private readonly bus: InstanceBus,
    private readonly events: SystemEvents,
    private readonly metrics: CanaryMetrics,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.record = new ServiceRecord(this.now());
  }

  get up(): boolean {
    return this.record.status === 'up';
  }

  /** Why the store does not work; `undefined` while nothing is known or nothing failed. */
  get trouble(): unknown {
    return this.record.works ? undefined : this.failure;
  }

  /** Milliseconds that the last canary took; `undefined` when it did not come back. */
  get delayMs(): number | undefined {
    return this.record.latencyMs;
  }

  /** Runs a check if one is due. Called each `TICK_MS`. */
  async tick(): Promise<void> {
    const every = this.trouble === undefined ? EVERY_MS : TICK_MS;
    // A timer that is a little early must not wait for the next tick.
    if (this.clock.monotonic() - this.lookedAt >= every - TICK_MS / 2) await this.look();
  }

  /** Runs one check; calls during a check share its result. */
  look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /**
   * Whether this instance should get requests: the store works by the last checks, and the bus
   * is connected, without which requests fail before a check does. After an outage the first
   * good check is enough, also while the store is not reported up yet because it flaps. Runs
   * the first check if there was none.
   */
  async check(): Promise<boolean> {
    if (this.record.status === 'unknown') await this.look();
    return this.record.works && this.bus.live;
  }

  private async lookNow(): Promise<void> {
    const startedAt = this.clock.monotonic();
    this.lookedAt = startedAt;
    let failure: unknown;
    try {
      await Promise.all([this.flyCanary(), this.log.check()]);
    } catch (err) {
      failure = err;
    }
    const ms = Math.round((this.clock.monotonic() - startedAt) * 10) / 10;
    if (failure !== undefined) this.failure = failure;
    this.metrics.returned(failure === undefined ? ms / 1000 : undefined);
    const { status, since } = this.record;
    const change = this.record.observe(failure === undefined, ms, this.now());
    if (change === 'down') {
      this.logger.error({ err: failure }, 'the event log is lost');
      // Not awaited: the append waits until the log's own timeout.
      void this.events.store('lost', 'event log');
    }
    if (change === 'up' && status === 'down') {
      const away = this.clock.now() - (since ?? this.clock.now());
      this.logger.warn({ away_ms: away }, 'the event log works again');
      void this.events.store('back', 'event log', { away_ms: away });
    }
  }

  private async flyCanary(): Promise<void> {
    const id = newId('c');
    const back = firstValueFrom(
      this.bus.messages.pipe(
        filter(({ topic, body }) => topic === TOPIC && (body as { id?: unknown }).id === id),
        timeout(PATIENCE_MS),
      ),
    );
    // Awaited below; without this, a rejection before then would be unhandled.
    back.catch(() => undefined);
    await this.bus.send(TOPIC, { id });
    try {
      await back;
    } catch (error) {
      this.bus.renew();
      throw error;
    }
  }

  private now(): Moment {
    return { wall: this.clock.now(), monotonic: this.clock.monotonic() };
  }
}
