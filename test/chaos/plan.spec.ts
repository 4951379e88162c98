import { plan } from './plan.js';

const whole = { ms: 300_000, backends: 3, links: 3, redis: true };

describe("the monkey's plan", () => {
  it('is the same for the same seed and another for another', () => {
    expect(plan(7, whole)).toEqual(plan(7, whole));
    expect(plan(7, whole)).not.toEqual(plan(8, whole));
  });

  it.each([1, 2, 3, 4, 5])(
    'reaches every target, and ends before the load does (seed %d)',
    (seed) => {
      const faults = plan(seed, whole);
      expect(new Set(faults.map(({ target }) => target)).size).toBe(8);
      for (const { at, lasts } of faults) expect(at + lasts).toBeLessThanOrEqual(whole.ms - 5_000);
    },
  );

  it('does not break what is broken', () => {
    const faults = plan(3, whole);
    for (const { target } of faults) {
      const own = faults.filter((fault) => fault.target === target);
      own.slice(1).forEach((fault, index) => {
        const before = own[index];
        expect(fault.at).toBeGreaterThanOrEqual((before?.at ?? 0) + (before?.lasts ?? 0));
      });
    }
  });

  it('leaves out what is not there', () => {
    const faults = plan(1, { ms: 300_000, backends: 1, links: 0, redis: false });
    expect(new Set(faults.map(({ target }) => target))).toEqual(new Set(['backend 0', 'gateway']));
  });
});
