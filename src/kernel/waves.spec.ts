import { inWaves } from './waves.js';

describe('ending in waves', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** How many were ended at which millisecond. */
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

  it('ends few at once', async () => {
    expect(await waves(100, 5_000)).toEqual(new Map([[0, 100]]));
  });

  it('spreads many over the time, evenly, and ends inside of it', async () => {
    const ended = await waves(10_000, 5_000);
    expect(ended.size).toBe(50);
    expect(Math.max(...ended.values())).toBe(200);
    expect(Math.max(...ended.keys())).toBeLessThan(5_000);
  });

  it('has nothing to do for none, and ends all at once when there is no time', async () => {
    expect(await waves(0, 5_000)).toEqual(new Map());
    expect(await waves(1_000, 0)).toEqual(new Map([[0, 1_000]]));
  });
});
