import fc from 'fast-check';
import { backoffMs, retryAfterMs } from './backoff.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('backoff', () => {
  it('never comes before the moment that the server named, nor long after it', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(3_600_000), random, (attempt, floor, value) => {
        const ms = backoffMs(attempt, floor, () => value);
        expect(ms).toBeGreaterThanOrEqual(floor);
        expect(ms).toBeLessThanOrEqual(floor + 30_000);
      }),
    );
  });

  it('uses the whole window, so that clients do not come back together', () => {
    expect([0, 0.5, 0.999].map((value) => backoffMs(2, 0, () => value))).toEqual([0, 2_000, 3_996]);
  });

  it('doubles the window up to half a minute', () => {
    const widths = [0, 1, 2, 3, 4, 5, 6, 5_000].map((attempt) => backoffMs(attempt, 0, () => 1));
    expect(widths).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('does not wait for longer than an hour, whatever a server asks', () => {
    expect(backoffMs(0, 1e12, () => 0)).toBe(3_600_000);
    expect(backoffMs(0, Infinity, () => 0)).toBe(3_600_000);
  });
});

describe('Retry-After', () => {
  it.each([
    ['7', 7_000],
    [' 7 ', 7_000],
    ['0.5', 500],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
  ])('%j is %d ms', (header, ms) => expect(retryAfterMs(header, NOW)).toBe(ms));

  it.each([null, '', '0', '-3', 'soon', 'Thu, 01 Jan 2025 00:00:09 GMT'])(
    '%j asks for nothing',
    (header) => expect(retryAfterMs(header, NOW)).toBeUndefined(),
  );
});
