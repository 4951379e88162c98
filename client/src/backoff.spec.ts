import { backoffMs, retryAfterMs } from './backoff.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('backoff', () => {
  const free = (attempt: number, value: number) => backoffMs(attempt, 0, false, () => value);

  it('uses the whole window, so that clients do not come back together', () => {
    expect([0, 0.5, 0.999].map((value) => free(2, value))).toEqual([0, 1_500, 2_997]);
  });

  it('doubles the window up to three seconds: nobody waits for longer after an outage', () => {
    const widths = [0, 1, 2, 3, 5_000].map((attempt) => free(attempt, 1));
    expect(widths).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
  });

  it('adds to what all clients were told, and not to what only one was told', () => {
    expect(backoffMs(0, 1_200, true, () => 0.5)).toBe(1_700);
    expect(backoffMs(0, 1_200, false, () => 0.5)).toBe(1_200);
    expect(backoffMs(5, 1_200, false, () => 0.5)).toBe(1_500);
  });

  it('does not wait for longer than an hour, whatever a server asks', () => {
    const waits = [1e12, Infinity].map((ms) => backoffMs(0, ms, true, () => 0));
    expect(waits).toEqual([3_600_000, 3_600_000]);
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
