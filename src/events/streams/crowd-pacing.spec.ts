import { ManualClock } from '../../../test/support/manual-clock.js';
import { CrowdPacing } from './crowd-pacing.js';

describe('the pace of a crowd in front of a full instance', () => {
  it('is five seconds for a few, and longer the more are refused', () => {
    const clock = new ManualClock();
    const pacing = new CrowdPacing(clock);
    expect(pacing.refused()).toBe(5);
    let last = 0;
    for (let n = 0; n < 5_000; n += 1) last = pacing.refused();
    expect(last).toBeGreaterThan(30);
    for (let n = 0; n < 100_000; n += 1) last = pacing.refused();
    expect(last).toBe(120);
    clock.advance(20_000);
    expect(pacing.refused()).toBe(5);
  });

  it('settles for 20,000 clients that come back when they are asked to, at less than 1,000 a second', () => {
    const clock = new ManualClock();
    const pacing = new CrowdPacing(clock);
    const due = new Map<number, number>([[0, 20_000]]);
    let refusedLately = 0;
    for (let second = 0; second < 300; second += 1) {
      const coming = due.get(second) ?? 0;
      due.delete(second);
      for (let n = 0; n < coming; n += 1) {
        // Clients spread their return by themselves, by half in either direction.
        const wait = Math.round(pacing.refused() * (0.5 + (n % 100) / 100));
        due.set(second + wait, (due.get(second + wait) ?? 0) + 1);
      }
      if (second >= 200) refusedLately += coming;
      clock.advance(1_000);
    }
    expect(refusedLately / 100).toBeLessThan(1_000);
  });
});
