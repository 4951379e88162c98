import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gatesOf, milliseconds, readThresholds, type Gate } from './thresholds.js';
import { Watchdog } from './watchdog.js';

const CHART = 'helm/vx11-operator';
const gate = (fields: Partial<Gate> = {}): Gate => ({
  name: 'error-rate',
  meaning: 'share of bad responses',
  query: '',
  limit: 0.01,
  forMs: 120_000,
  unit: '',
  ...fields,
});
const reading = (value: number | undefined) => new Map([['error-rate', value]]);

describe('the watchdog of a deployment', () => {
  it('triggers once a value has been above its limit for the whole time', () => {
    const dog = new Watchdog([gate()]);
    expect(dog.observe(reading(0.02), 0)).toBeUndefined();
    expect(dog.observe(reading(0.02), 119_999)).toBeUndefined();
    expect(dog.observe(reading(0.5), 120_000)).toEqual({
      name: 'error-rate',
      reason: 'share of bad responses: 0.5, limit 0.01 for 120 s',
    });
  });

  it('starts again when the value was fine in between, at its limit, or missing', () => {
    for (const calm of [0, 0.01, undefined, Number.NaN]) {
      const dog = new Watchdog([gate()]);
      dog.observe(reading(0.02), 0);
      dog.observe(reading(calm), 60_000);
      expect(dog.observe(reading(0.02), 130_000)).toBeUndefined();
    }
  });

  it('triggers at the first look where the gate has no duration', () => {
    const dog = new Watchdog([gate({ forMs: 0, unit: '/s' })]);
    expect(dog.observe(reading(101), 0)?.reason).toBe(
      'share of bad responses: 101/s, limit 0.01/s',
    );
  });
});

describe('the gates of a deployment', () => {
  it('have the limits of the chart: 1 % for 2 minutes, 100 refusals a second, 1 s, 2000 tokens, no backend for 1 minute', () => {
    const gates = gatesOf(readThresholds(CHART, undefined), '');
    expect(gates.map(({ name, limit, forMs }) => [name, limit, forMs])).toEqual([
      ['error-rate', 0.01, 120_000],
      ['validation-failures', 100, 0],
      ['latency', 1, 120_000],
      ['active-tokens', 2000, 0],
      ['backend-down', 0, 60_000],
    ]);
  });

  it('look at one release alone', () => {
    const selector = 'namespace="vx11"';
    for (const { query } of gatesOf(readThresholds(CHART, undefined), selector)) {
      const series = query.match(/\b(?:vx11_\w+|up\b)(?:\{[^}]*\})?/g) ?? [];
      expect(series.length).toBeGreaterThan(0);
      expect(series.filter((one) => !one.endsWith(`${selector}}`))).toEqual([]);
    }
  });

  it.each([
    ['a share in words', { errors: { share: '2%' } }, 'errors.share is not a number'],
    ['a duration in seconds', { errors: { for: 120 } }, 'errors.for is not a string'],
    ['nothing', { latency: { p99Seconds: null } }, 'latency.p99Seconds is not a number'],
    ['a slip', { eror: { share: 0.5 } }, 'eror.share is no threshold of the chart'],
  ])(
    'do not begin with %s for a limit, which nothing would ever be above',
    (_, changes, problem) => {
      const file = join(mkdtempSync(join(tmpdir(), 'vx11-thresholds-')), 'changes.json');
      writeFileSync(file, JSON.stringify(changes));
      expect(() => readThresholds(CHART, file)).toThrow(problem);
      rmSync(dirname(file), { recursive: true });
    },
  );

  it('use only values that the thresholds have', () => {
    for (const { query, limit } of gatesOf(readThresholds(CHART, undefined), '')) {
      expect(`${query} ${limit}`).not.toMatch(/undefined|NaN/);
    }
  });

  it('read Prometheus durations', () => {
    expect(['250ms', '30s', '2m', '1h'].map(milliseconds)).toEqual([
      250, 30_000, 120_000, 3_600_000,
    ]);
    expect(() => milliseconds('2 minutes')).toThrow('"2 minutes" is no duration.');
  });
});
