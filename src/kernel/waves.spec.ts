import { inWaves } from './waves.js';

describe('ending in waves', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Ends `count` items and returns how many ended at each millisecond. */
  async function waves(count: number, ms: number): Promise<Map<number, number>> {
    const startedAt = Date.now();
    const ended = new Map<number, number>();
    const items = Array.from({ length: count }, (_, index) => index);
    const order: number[] = [];
    const done = inWaves(items, ms, (item, index) => {
      expect(item).toBe(index);
      order.push(item);
      const at = Date.now() - startedAt;
      ended.set(at, (ended.get(at) ?? 0) + 1);
    });
    await jest.runAllTimersAsync();
    await done;
    expect(order).toEqual(items);
    return ended;
  }

  it('ends a small number of items at once', async () => {
    expect(await waves(100, 5_000)).toEqual(new Map([[0, 100]]));
  });

  it('spreads many items evenly over the time, and finishes within it', async () => {
    const ended = await waves(10_000, 5_000);
    expect(ended.size).toBe(50);
    expect(Math.max(...ended.values())).toBe(200);
    expect(Math.max(...ended.keys())).toBeLessThan(5_000);
  });

  it('ends nothing without items, and ends all items at once when the time is zero', async () => {
    expect(await waves(0, 5_000)).toEqual(new Map());
    expect(await waves(1_000, 0)).toEqual(new Map([[0, 1_000]]));
  });
});
