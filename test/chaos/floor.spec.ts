import { leastWaits } from './floor.js';
import type { Fault } from './plan.js';

const fault = (target: string, at: number, lasts: number, kind = 'kill') =>
  ({ target, at, lasts, kind }) as Fault;

describe('what a plan of the monkey costs by itself', () => {
  it('is nothing while one instance and its way to Redis are there', () => {
    const faults = [fault('backend 0', 0, 1000), fault('link 1', 0, 2000, 'block')];
    expect(leastWaits(faults, 3)).toEqual([0, 0]);
  });

  it('is the time until all that a client needs is there again', () => {
    const faults = [
      fault('backend 0', 0, 3000),
      fault('link 1', 1000, 3000, 'cut'),
      fault('gateway', 2000, 1500),
      fault('redis', 3300, 200, 'stop'),
    ];
    expect(leastWaits(faults, 2)).toEqual([0, 2500, 1500, 200]);
  });

  it('counts a slow way as there', () => {
    expect(leastWaits([fault('link 0', 0, 5000, 'slow')], 1)).toEqual([0]);
  });
});
