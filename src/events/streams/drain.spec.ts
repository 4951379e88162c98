import fc from 'fast-check';
import { retryTimes } from './drain.js';

describe('the times at which drained clients come back', () => {
  it('are as many as there are clients, all different, whole, and not at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (count) => {
        const times = retryTimes(count);
        expect(new Set(times).size).toBe(count);
        expect(times.every((ms) => Number.isInteger(ms) && ms >= 500)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are spread evenly: no tenth of the time gets much more than a tenth of the clients', () => {
    const times = retryTimes(1_000);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const tenths = Array.from({ length: 10 }, () => 0);
    for (const ms of times)
      tenths[Math.min(9, Math.floor((10 * (ms - first)) / (last - first)))]! += 1;
    expect(Math.max(...tenths)).toBeLessThan(150);
  });

  it('are not in the order of the clients', () => {
    const times = retryTimes(1_000);
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
  });
});
