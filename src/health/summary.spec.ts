import { Summary, quantile } from './summary.js';
import type { Distribution, Reading } from './summary-source.js';

const BOUNDS = [0.01, 0.1, Infinity];
const distribution = (...counts: number[]): Distribution => ({ bounds: BOUNDS, counts });
const NOTHING = distribution(0, 0, 0);

function reading(second: number, change: Partial<Reading> = {}): Reading {
  return {
    at: Date.UTC(2026, 0, 1) + second * 1000,
    monotonic: second * 1000,
    issued: 0,
    published: 0,
    delivered: 0,
    opened: { ephemeral: 0, principal: 0 },
    validations: { valid: 0, invalid: 0 },
    activeTokens: 0,
    streams: { ephemeral: 0, principal: 0 },
    latencies: { issue: NOTHING, validation: NOTHING, open: NOTHING, delivery: NOTHING },
    ...change,
  };
}

function viewOf(...readings: Reading[]) {
  const summary = new Summary();
  for (const one of readings) summary.add(one);
  return summary.view();
}

describe('summary', () => {
  it('is empty until there are two readings', () => {
    expect(viewOf(reading(0)).at).toEqual([]);
    expect(viewOf(reading(0), reading(5)).at).toEqual([Date.UTC(2026, 0, 1) / 1000 + 5]);
  });

  it('computes rates from the time that passed between readings', () => {
    const view = viewOf(
      reading(0, { issued: 10 }),
      reading(5, { issued: 60 }),
      reading(15, { issued: 90 }),
    );
    expect(view.issued_per_sec).toEqual([10, 3]);
  });

  it('computes the same rate when the wall clock is changed', () => {
    const view = viewOf(reading(0), {
      ...reading(5, { delivered: 500 }),
      at: Date.UTC(2030, 0, 1),
    });
    expect(view.deliveries_per_sec).toEqual([100]);
  });

  it('goes on after the readings of an earlier process, however long that was away', () => {
    const summary = new Summary();
    for (const second of [0, 5, 10]) summary.add(reading(second, { issued: 10 * second }));
    const next = new Summary();
    next.restore(summary.all, reading(40).at);
    // A new process: its monotonic clock begins again, its counters go on in the shared sum.
    next.add({ ...reading(40, { issued: 160 }), monotonic: 3 });
    next.add({ ...reading(45, { issued: 170 }), monotonic: 5_003 });
    expect(next.view().issued_per_sec).toEqual([10, 10, 2, 2]);
    expect(next.view().at).toHaveLength(4);
  });

  it('drops what an earlier process saw before the window, or after now', () => {
    const next = new Summary();
    next.restore([reading(0), reading(5), reading(2_000)], reading(904).at);
    expect(next.all).toEqual([reading(5)]);
  });

  it('is null, not 0 % or 100 %, where nothing was validated or opened', () => {
    const view = viewOf(reading(0), reading(5));
    expect(view.validation_success).toEqual([null]);
    expect(view.adoption).toEqual([null]);
    expect(view.latency_ms.issue).toEqual({ p50: [null], p99: [null] });
  });

  it('gives the number of observations behind each ratio and quantile', () => {
    const { observations } = viewOf(
      reading(0),
      reading(5, {
        opened: { ephemeral: 3, principal: 1 },
        validations: { valid: 2, invalid: 1 },
        latencies: { ...reading(0).latencies, issue: distribution(1, 4, 5) },
      }),
    );
    expect(observations).toEqual({
      opened: [4],
      validations: [3],
      issue: [5],
      validation: [0],
      open: [0],
      delivery: [0],
    });
  });

  it('computes ratios over a minute', () => {
    const bad = { valid: 0, invalid: 4 };
    const readings = Array.from({ length: 15 }, (_, index) =>
      reading(index * 5, { validations: index === 0 ? { valid: 0, invalid: 0 } : bad }),
    );
    const { validation_success: success } = viewOf(...readings);
    expect(success[0]).toBe(0);
    expect(success[11]).toBe(0);
    expect(success[12]).toBeNull();
  });

  it('keeps 15 minutes and no more', () => {
    const readings = Array.from({ length: 400 }, (_, index) => reading(index * 5));
    const { at } = viewOf(...readings);
    expect(at).toHaveLength(180);
    expect(at.at(-1)! - at[0]!).toBe(895);
  });
});

describe('quantile', () => {
  it('counts only the observations between the two states', () => {
    const before = distribution(1_000, 1_000, 1_000);
    const now = distribution(1_000, 1_010, 1_010);
    expect(quantile(0.5, now, before)).toBeCloseTo(0.055);
  });

  it('interpolates from 0 in the first bucket', () => {
    expect(quantile(0.5, distribution(10, 10, 10), NOTHING)).toBeCloseTo(0.005);
  });

  it('answers the greatest finite bound above it', () => {
    expect(quantile(0.99, distribution(0, 0, 7), NOTHING)).toBe(0.1);
  });

  it('is null without observations', () => {
    expect(quantile(0.5, NOTHING, NOTHING)).toBeNull();
  });
});
