import { FIGURES, judge, type Figure } from './figures.js';
import type { Summary } from './summary.js';

const figure = (title: string) => FIGURES.find((one) => one.title === title) as Figure;

/** A summary in which every figure has this value, of this many observations. */
function summary(value: number | null, observed?: number): Summary {
  const column = [value];
  const quantiles = { p50: column, p99: column };
  const counts = observed === undefined ? undefined : [observed];
  return {
    instances: 1,
    interval_sec: 5,
    window_sec: 900,
    smoothing_sec: 60,
    at: [0],
    issued_per_sec: column,
    published_per_sec: column,
    deliveries_per_sec: column,
    active_tokens: column,
    streams: { ephemeral: column, principal: column },
    adoption: column,
    validation_success: column,
    ...(counts && {
      observations: { opened: counts, validations: counts, issue: counts, open: counts },
    }),
    latency_ms: { issue: quantiles, validation: quantiles, open: quantiles, delivery: quantiles },
  };
}

describe('the verdict on a figure', () => {
  it.each([
    ['Issuing a token', 12, 'ok'],
    ['Issuing a token', 50, 'ok'],
    ['Issuing a token', 51, 'outside SLO'],
    ['Issuing a token', 101, 'above alert limit'],
    ['Issuing a token', null, 'no data'],
    ['Validation success', 0.995, 'ok'],
    ['Validation success', 0.985, 'outside SLO'],
    ['Validation success', 0.97, 'below alert limit'],
    ['Adoption of ephemeral tokens', 0.93, 'outside SLO'],
    ['Adoption of ephemeral tokens', 0.9, 'below alert limit'],
    ['Active tokens', 501, 'above alert limit'],
  ])('%s at %s is: %s', (title, value, verdict) => {
    expect(judge(figure(title), summary(value))).toBe(verdict);
    expect(judge(figure(title), summary(value, 1_000))).toBe(verdict);
  });

  it.each([
    ['Validation success', 0.5, 2],
    ['Adoption of ephemeral tokens', 0, 1],
    ['Issuing a token', 900, 3],
    ['Opening a stream', 2_000, 19],
  ])('%s at %s of %s observations is too few to judge', (title, value, observed) => {
    expect(judge(figure(title), summary(value, observed))).toBe('too few to judge');
  });

  it('needs no least volume for counters, nor for values within their limits', () => {
    expect(judge(figure('Active tokens'), summary(501, 1))).toBe('above alert limit');
    expect(judge(figure('Validation success'), summary(1, 1))).toBe('ok');
  });
});
