import { LATENCIES, type Distribution, type Latency, type Reading } from './summary-source.js';

/** Seconds between two samples. */
export const INTERVAL_SEC = 5;
/** Seconds that the summary covers. */
export const WINDOW_SEC = 900;
/** Seconds over which ratios and quantiles are computed; 5 seconds hold too few observations. */
export const SMOOTHING_SEC = 60;

const SAMPLES = WINDOW_SEC / INTERVAL_SEC;
const SMOOTHING = SMOOTHING_SEC / INTERVAL_SEC;

/** One value for each sample, oldest first; null where there was nothing to compute it from. */
type Column = (number | null)[];

/** The answer of `GET /operator/api/summary`. */
export interface SummaryView {
  /** Number of instances in the sum. */
  instances: number;
  interval_sec: number;
  window_sec: number;
  smoothing_sec: number;
  /** Epoch seconds of each sample. */
  at: number[];
  issued_per_sec: Column;
  published_per_sec: Column;
  deliveries_per_sec: Column;
  active_tokens: Column;
  streams: { ephemeral: Column; principal: Column };
  /** Ephemeral ÷ all streams opened in the window, 0 to 1. */
  adoption: Column;
  /** Valid ÷ all credentials checked for a stream, 0 to 1. */
  validation_success: Column;
  /** How much was observed: a share or a quantile of a handful says little. */
  observations: {
    /** Streams opened in the window, behind `adoption`. */
    opened: Column;
    /** Credentials checked in the last minute, behind `validation_success`. */
    validations: Column;
  } & Record<Latency, Column>;
  /** Milliseconds, interpolated inside a bucket as Prometheus does. */
  latency_ms: Record<Latency, { p50: Column; p99: Column }>;
}

/** The last 15 minutes, in memory. */
export class Summary {
  private readings: Reading[] = [];
  private instances = 1;
  /** Added to the monotonic time of this process, to go on after restored readings. */
  private offset: number | undefined = 0;

  /** What was read so far, oldest first. */
  get all(): readonly Reading[] {
    return this.readings;
  }

  /** Goes on after the readings of an earlier process; those beyond the window are dropped. */
  restore(readings: readonly Reading[], now: number): void {
    this.readings = readings.filter(({ at }) => at <= now && now - at <= WINDOW_SEC * 1000);
    this.offset = undefined;
  }

  /** @param instances number of instances in the reading */
  add(reading: Reading, instances = 1): void {
    this.instances = instances;
    // One more than is shown: the first sample needs a predecessor to compute its rates.
    const last = this.readings.at(-1);
    // The wall clock tells how long the process was away; it may have been set back meanwhile.
    this.offset ??= last
      ? last.monotonic + Math.max(1, reading.at - last.at) - reading.monotonic
      : 0;
    const continued = { ...reading, monotonic: reading.monotonic + this.offset };
    this.readings = [...this.readings.slice(-SAMPLES), continued];
  }

  view(): SummaryView {
    const { readings } = this;
    const column = (value: (now: Reading, index: number) => number | null): Column =>
      readings.slice(1).map((now, index) => rounded(value(now, index + 1)));
    const since = (index: number, samples: number) =>
      readings[Math.max(0, index - samples)] as Reading;
    const rate = (count: (reading: Reading) => number) =>
      column((now, index) => {
        const before = since(index, 1);
        return ((count(now) - count(before)) * 1000) / (now.monotonic - before.monotonic);
      });
    const quantiles = (name: Latency, q: number) =>
      column((now, index) => {
        const seconds = quantile(q, now.latencies[name], since(index, SMOOTHING).latencies[name]);
        return seconds === null ? null : seconds * 1000;
      });
    return {
      instances: this.instances,
      interval_sec: INTERVAL_SEC,
      window_sec: WINDOW_SEC,
      smoothing_sec: SMOOTHING_SEC,
      at: readings.slice(1).map(({ at }) => Math.round(at / 1000)),
      issued_per_sec: rate(({ issued }) => issued),
      published_per_sec: rate(({ published }) => published),
      deliveries_per_sec: rate(({ delivered }) => delivered),
      active_tokens: column(({ activeTokens }) => activeTokens),
      streams: {
        ephemeral: column(({ streams }) => streams.ephemeral),
        principal: column(({ streams }) => streams.principal),
      },
      // Streams open rarely, so this ratio covers the whole window up to this sample.
      adoption: column(({ opened }, index) => {
        const before = since(index, SAMPLES).opened;
        return share(opened.ephemeral - before.ephemeral, opened.principal - before.principal);
      }),
      validation_success: column(({ validations }, index) => {
        const before = since(index, SMOOTHING).validations;
        return share(validations.valid - before.valid, validations.invalid - before.invalid);
      }),
      observations: {
        opened: column(({ opened }, index) => {
          const before = since(index, SAMPLES).opened;
          return total(opened) - total(before);
        }),
        validations: column(({ validations }, index) => {
          const before = since(index, SMOOTHING).validations;
          return total(validations) - total(before);
        }),
        ...(Object.fromEntries(
          LATENCIES.map((name) => [
            name,
            column(({ latencies }, index) => {
              const before = since(index, SMOOTHING).latencies[name];
              return (latencies[name].counts.at(-1) ?? 0) - (before.counts.at(-1) ?? 0);
            }),
          ]),
        ) as Record<Latency, Column>),
      },
      latency_ms: Object.fromEntries(
        LATENCIES.map((name) => [name, { p50: quantiles(name, 0.5), p99: quantiles(name, 0.99) }]),
      ) as SummaryView['latency_ms'],
    };
  }
}

function total(counts: object): number {
  return Object.values(counts as Record<string, number>).reduce((sum, one) => sum + one, 0);
}

function share(part: number, rest: number): number | null {
  return part + rest === 0 ? null : part / (part + rest);
}

/**
 * The q-quantile of what was observed between two states of a histogram, in its
 * unit; null without observations. Linear inside a bucket, and the greatest
 * finite bound above it, as `histogram_quantile` (Prometheus).
 */
export function quantile(q: number, now: Distribution, before: Distribution): number | null {
  const counts = now.counts.map((count, index) => count - (before.counts[index] ?? 0));
  const total = counts.at(-1) ?? 0;
  if (total <= 0) return null;
  const rank = q * total;
  const index = counts.findIndex((count) => count >= rank);
  const lower = index === 0 ? 0 : (now.bounds[index - 1] as number);
  const upper = now.bounds[index] as number;
  if (upper === Infinity) return lower;
  const below = index === 0 ? 0 : (counts[index - 1] as number);
  const inside = (counts[index] as number) - below;
  return inside === 0 ? upper : lower + ((rank - below) / inside) * (upper - lower);
}

/** Four significant digits are more than a plot shows. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
