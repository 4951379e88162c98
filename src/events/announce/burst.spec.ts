import fc from 'fast-check';
import { Burst, BURST_MS } from './burst.js';

describe('a burst', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function observed(examples?: number) {
    const emitted: { items: number[]; count: number }[] = [];
    const burst = new Burst<number>(
      (items, count) => emitted.push({ items: [...items], count }),
      examples,
    );
    return { burst, emitted };
  }

  it('lets the first through at once and sums up the second that follows', () => {
    const { burst, emitted } = observed();
    for (const n of [1, 2, 3]) burst.add(n);
    expect(emitted).toEqual([{ items: [1], count: 1 }]);
    jest.advanceTimersByTime(BURST_MS);
    expect(emitted).toEqual([
      { items: [1], count: 1 },
      { items: [2, 3], count: 2 },
    ]);
  });

  it('lets one through at once again after a quiet second', () => {
    const { burst, emitted } = observed();
    burst.add(1);
    jest.advanceTimersByTime(BURST_MS);
    burst.add(2);
    expect(emitted.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('counts every item once, keeps no more examples than it should, and emits once a second at most', () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ wait: fc.integer({ min: 1, max: 2_500 }) }),
      fc.constant({ flush: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { burst, emitted } = observed(10);
        let added = 0;
        let waited = 0;
        let flushes = 0;
        for (const one of steps) {
          if ('add' in one) for (let n = 0; n < one.add; n += 1, added += 1) burst.add(added);
          else if ('wait' in one) {
            waited += one.wait;
            jest.advanceTimersByTime(one.wait);
          } else {
            flushes += 1;
            burst.flush();
          }
        }
        jest.advanceTimersByTime(2 * BURST_MS);
        expect(emitted.reduce((sum, { count }) => sum + count, 0)).toBe(added);
        expect(emitted.every(({ items, count }) => items.length === Math.min(count, 10))).toBe(
          true,
        );
        const seconds = Math.ceil((waited + 2 * BURST_MS) / BURST_MS);
        expect(emitted.length).toBeLessThanOrEqual(2 * (seconds + flushes) + 1);
      }),
    );
  });
});
