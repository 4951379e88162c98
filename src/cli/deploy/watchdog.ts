import type { Gate } from './thresholds.js';

/** Why a deployment goes back. */
export interface Trigger {
  readonly name: string;
  readonly reason: string;
}

/** The latest value of each gate; `undefined` where Prometheus has none. */
export type Readings = ReadonlyMap<string, number | undefined>;

/** Remembers since when each gate is above its limit. */
export class Watchdog {
  private readonly since = new Map<string, number>();

  constructor(private readonly gates: readonly Gate[]) {}

  /**
   * @param now monotonic milliseconds
   * @returns the first gate that has been above its limit for as long as it may
   */
  observe(readings: Readings, now: number): Trigger | undefined {
    for (const { name, meaning, limit, forMs, unit } of this.gates) {
      const value = readings.get(name);
      // No data is no failure: an idle system has no latency. NaN compares false too.
      if (value === undefined || !(value > limit)) {
        this.since.delete(name);
        continue;
      }
      const since = this.since.get(name) ?? now;
      this.since.set(name, since);
      if (now - since >= forMs) {
        return {
          name,
          reason: `${meaning}: ${figure(value)}${unit}, limit ${limit}${unit}${forMs > 0 ? ` for ${forMs / 1000} s` : ''}`,
        };
      }
    }
    return undefined;
  }
}

export const figure = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '-';
