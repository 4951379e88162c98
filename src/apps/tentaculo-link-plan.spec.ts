import { openFileLimit, planWorkers } from './tentaculo-link-plan.js';

const WISH = { connections: 12_000, perAddress: 1_000, workers: 0 };

describe('the plan for the processes of the gateway', () => {
  it('has one process when the limit on open files allows it', () => {
    expect(planWorkers(WISH, 1_048_576)).toEqual({
      workers: 1,
      connections: 12_000,
      perAddress: 1_000,
      carries: 12_000,
    });
    expect(planWorkers(WISH, Infinity).workers).toBe(1);
  });

  it('has as many processes as the open files require; each may have its share and a little more', () => {
    expect(planWorkers(WISH, 20_000)).toEqual({
      workers: 2,
      connections: 6_310,
      perAddress: 590,
      carries: 12_000,
    });
  });

  it('has one process more when the share alone would fit', () => {
    expect(planWorkers({ ...WISH, connections: 19_700 }, 20_000)).toMatchObject({
      workers: 3,
      carries: 19_700,
    });
  });

  it('gives each process room for what a hash may give it, in a thousand bursts', () => {
    const { workers, perAddress } = planWorkers({ ...WISH, workers: 4 }, Infinity);
    let state = 1;
    const random = () => (state = (state * 48_271) % 2_147_483_647) % workers;
    for (let burst = 0; burst < 1_000; burst += 1) {
      const counts = Array<number>(workers).fill(0);
      for (let i = 0; i < WISH.perAddress; i += 1) counts[random()]! += 1;
      expect(Math.max(...counts)).toBeLessThanOrEqual(perAddress);
    }
  });

  it('has at most eight processes, and says how many connections they carry', () => {
    const plan = planWorkers(WISH, 1_024);
    expect(plan.workers).toBe(8);
    expect(plan.carries).toBe(8 * 384);
  });

  it('carries hundreds of connections also with the 256 open files that some systems allow', () => {
    expect(planWorkers(WISH, 256)).toMatchObject({ workers: 8, connections: 64, carries: 512 });
    expect(planWorkers(WISH, 512)).toMatchObject({ workers: 8, connections: 128 });
  });

  it('has as many processes as are configured', () => {
    expect(planWorkers({ ...WISH, workers: 4 }, 1_048_576)).toMatchObject({
      workers: 4,
      connections: 3_220,
      carries: 12_000,
    });
    expect(planWorkers({ ...WISH, workers: 1 }, 4_096)).toMatchObject({
      workers: 1,
      carries: 1_920,
    });
  });

  it('keeps "no limit" for an address', () => {
    expect(planWorkers({ ...WISH, perAddress: 0 }, 20_000).perAddress).toBe(0);
  });

  it('reads the limit of this process', () => {
    expect(openFileLimit()).toBeGreaterThan(255);
  });
});
