import type { RateLimit } from '../../src/auth/rate-limit.js';
import { until } from '../support/until.js';

export interface RateLimitAdapter {
  create(): Promise<RateLimit>;
  destroy(): Promise<void>;
  /** Another instance of the same system. */
  another?(): Promise<RateLimit>;
  /** When the store can be kept from answering. */
  readonly outage?: { begin(): void; end(): Promise<void> };
}

const MINUTE = 60;

/** Every sentence of the port's comment, for one adapter. */
export function describeRateLimit(name: string, adapter: RateLimitAdapter): void {
  const { outage } = adapter;

  describe(`RateLimit: ${name}`, () => {
    let limit: RateLimit;
    beforeEach(async () => {
      limit = await adapter.create();
    });
    afterEach(() => adapter.destroy());

    it('takes as many as there are, then says how long to wait', async () => {
      const quota = { points: 3, seconds: MINUTE };
      const waits = [];
      for (let n = 0; n < 5; n += 1) waits.push(await limit.take('open:ana', quota));
      expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
      for (const wait of waits.slice(3)) {
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(MINUTE * 1000);
      }
    });

    it('counts each key and each quota apart', async () => {
      const [one, two] = [
        { points: 1, seconds: MINUTE },
        { points: 2, seconds: MINUTE },
      ];
      expect(await limit.take('open:ana', one)).toBe(0);
      expect(await limit.take('open:ana', one)).toBeGreaterThan(0);
      expect(await limit.take('open:bob', one)).toBe(0);
      expect(await limit.take('open:ana', two)).toBe(0);
    });

    it('has some again when the time is over', async () => {
      const quota = { points: 1, seconds: 1 };
      await limit.take('open:ana', quota);
      const wait = await limit.take('open:ana', quota);
      expect(wait).toBeGreaterThan(0);
      await until(async () => (await limit.take('open:ana', quota)) === 0);
    });

    it('takes no more of 40 at the same moment, on any instance', async () => {
      const quota = { points: 7, seconds: MINUTE };
      const instances = [limit, (await adapter.another?.()) ?? limit];
      const waits = await Promise.all(
        Array.from({ length: 40 }, (_, n) => instances[n % 2]!.take('open:ana', quota)),
      );
      expect(waits.filter((wait) => wait === 0)).toHaveLength(7);
    });

    if (outage) {
      it('counts by itself while the store is away, and together again afterwards', async () => {
        const quota = { points: 2, seconds: MINUTE };
        const other = (await adapter.another?.()) ?? limit;
        expect(await limit.take('open:ana', quota)).toBe(0);
        outage.begin();
        const waits = [];
        for (let n = 0; n < 3; n += 1) waits.push(await limit.take('open:ana', quota));
        expect(waits.map((wait) => wait === 0)).toEqual([true, true, false]);
        await outage.end();
        expect(await other.take('open:ana', quota)).toBe(0);
        expect(await other.take('open:ana', quota)).toBeGreaterThan(0);
      });
    }
  });
}
