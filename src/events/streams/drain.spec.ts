import fc from 'fast-check';
import { retryTimes } from './drain.js';

describe('the reconnect delays of drained clients', () => {
  it('are different whole numbers of at least 500 ms, one for each client', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (count) => {
        const times = retryTimes(count);
        expect(new Set(times).size).toBe(count);
        expect(times.every((ms) => Number.isInteger(ms) && ms >= 500)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are spread evenly: each tenth of the time gets less than 15 % of the clients', () => {
    const times = retryTimes(1_000);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const ms of times)
      tenths[Math.min(9, Math.floor((10 * (ms - first)) / (last - first)))]! += 1;
    expect(Math.max(...tenths)).toBeLessThan(150);
  });

  it('let 500 come back in a second: a few are back at once, many not together', () => {
    const last = [1, 100, 2_500, 10_000].map((count) => Math.max(...retryTimes(count)));
    expect(last).toEqual([500, 698, 5_498, 10_499]);
  });

  it('are shuffled, so that they do not follow the order of the clients', () => {
    const times = retryTimes(1_000);
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
  });
});
