import type { Gate } from './thresholds.js';

/** Why a deployment goes back. */
export interface Trigger {
  readonly name: string;
  readonly reason: string;
}

/** The latest value of each gate; `undefined` where Prometheus has none. */
export type Readings = ReadonlyMap<string, number | undefined>;

/** Remembers for how long something has been so. */
export class Lasting {
  private readonly since = new Map<string, number>();

  /**
   * @param now monotonic milliseconds
   * @returns milliseconds for which it has been so at every look; undefined when it is not so
   */
  look(name: string, isSo: boolean, now: number): number | undefined {
    if (!isSo) {
      this.since.delete(name);
      return undefined;
    }
    const since = this.since.get(name) ?? now;
    this.since.set(name, since);
    return now - since;
  }
}

/** Remembers since when each gate is above its limit. */
export class Watchdog {
  private readonly above = new Lasting();

  constructor(private readonly gates: readonly Gate[]) {}

  /**
   * @param now monotonic milliseconds
   * @returns the first gate that has been above its limit for as long as it may
   */
  observe(readings: Readings, now: number): Trigger | undefined {
    for (const { name, meaning, limit, forMs, unit } of this.gates) {
      const value = readings.get(name);
      // No data is no failure: an idle system has no latency. NaN compares false too.
      const isAbove = value !== undefined && value > limit;
      const lasted = this.above.look(name, isAbove, now);
      if (isAbove && lasted !== undefined && lasted >= forMs) {
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
