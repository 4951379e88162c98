import { learnServerTime, serverNow, skew } from './server-clock.js';

/** A response that took `tookMs`, while the server's clock was ahead by `aheadMs`. */
function answer(aheadMs: number, tookMs: number, at = 1_700_000_000_400): void {
  const date = new Date(at + tookMs / 2 + aheadMs).toUTCString();
  learnServerTime(date, at, at + tookMs);
}

describe('the clock of the server', () => {
  beforeEach(() => (skew.value = 0));

  it.each([
    [0, 4_000],
    [300, 20],
    [-300, 2_500],
    // The first response of a process that was frozen.
    [-30_000, 20],
  ])('is taken for that of the device when it is ahead by %i ms', (ahead, took) => {
    for (let step = 0; step < 20; step += 1) answer(ahead, took, 1_700_000_000_000 + step * 137);
    expect(skew.value).toBe(0);
  });

  it.each([7_200_000, -7_200_000])(
    'is known within a second when it is ahead by %i ms',
    (ahead) => {
      answer(ahead, 40);
      expect(Math.abs(skew.value - ahead)).toBeLessThan(1_000);
      expect(Math.abs(serverNow() - Date.now() - ahead)).toBeLessThan(1_100);
      // The device's clock is put right.
      answer(0, 40);
      expect(Math.abs(skew.value)).toBeLessThan(1_000);
    },
  );

  it('is not learned from a response without a date', () => {
    learnServerTime(null, 0, 0);
    learnServerTime('yesterday', 0, 0);
    expect(skew.value).toBe(0);
  });
});
