export type ServiceStatus = 'unknown' | 'up' | 'down';

/** Failed probes in a row after which a service is down. */
const DOWN_AFTER = 2;
/** Milliseconds in which a service that was never up may still be starting. */
const GRACE_MS = 20_000;
/** Milliseconds for which an outage counts as a relapse. */
const MEMORY_MS = 10 * 60_000;
const FIRST_HOLD_MS = 5_000;
const LONGEST_HOLD_MS = 60_000;

/** A moment on both clocks, milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * The status of one service, from its probes. After the first outage, one successful
 * probe makes it up again. After further outages within ten minutes it stays down until
 * its probes have succeeded for a hold time, which doubles with each: 5 s, 10 s, up to a
 * minute. So a service that flaps is not reported every time. `works` has no hold: an
 * instance that works must get requests, however often it did not.
 */
export class ServiceRecord {
  status: ServiceStatus = 'unknown';
  latencyMs: number | undefined;
  /** When the present status began, epoch milliseconds. */
  since: number | undefined;
  private remembered: { status: 'up' | 'down'; since: number } | undefined;
  private failures = 0;
  private firstFailure: Moment | undefined;
  private wellSince: Moment | undefined;
  private relapses: number[] = [];

  constructor(private readonly created: Moment) {}

  /**
   * What an earlier process has seen last. When the first probes find the same, nothing has
   * changed: the state goes on since then.
   */
  remember(status: 'up' | 'down', since: number): void {
    this.remembered = { status, since };
  }

  /** Whether the service can be used: a probe has succeeded, and no two in a row have failed since. */
  get works(): boolean {
    return (
      this.wellSince !== undefined || (this.status !== 'unknown' && this.failures < DOWN_AFTER)
    );
  }

  /** Whether the next probe should come soon: the service is not up, or its last probe failed. */
  get doubtful(): boolean {
    return this.status !== 'up' || this.failures > 0;
  }

  /** Records the result of one probe; returns the new status when it changes. */
  observe(up: boolean, latencyMs: number, now: Moment): 'up' | 'down' | undefined {
    const changed = up ? this.good(latencyMs, now) : this.bad(now);
    const { remembered } = this;
    if (!changed || !remembered) return changed;
    this.remembered = undefined;
    if (remembered.status !== changed) return changed;
    this.since = remembered.since;
    return undefined;
  }

  private good(latencyMs: number, now: Moment): 'up' | undefined {
    this.latencyMs = latencyMs;
    this.failures = 0;
    this.firstFailure = undefined;
    this.wellSince ??= now;
    if (this.status === 'up') return undefined;
    if (now.monotonic - this.wellSince.monotonic < this.hold(now)) return undefined;
    this.status = 'up';
    this.since = this.wellSince.wall;
    return 'up';
  }

  private bad(now: Moment): 'down' | undefined {
    // A failure during the hold time is a relapse too; otherwise flapping would shorten the hold.
    if (this.status === 'down' && this.wellSince) this.relapses.push(now.monotonic);
    this.latencyMs = undefined;
    this.wellSince = undefined;
    this.failures += 1;
    this.firstFailure ??= now;
    if (this.status === 'down' || this.failures < DOWN_AFTER) return undefined;
    const starting = this.status === 'unknown' && now.monotonic - this.created.monotonic < GRACE_MS;
    if (starting) return undefined;
    this.status = 'down';
    this.since = this.firstFailure.wall;
    this.relapses.push(now.monotonic);
    return 'down';
  }

  private hold(now: Moment): number {
    this.relapses = this.relapses.filter((at) => now.monotonic - at < MEMORY_MS);
    const again = this.relapses.length - 1;
    return again < 1 ? 0 : Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** (again - 1));
  }
}
