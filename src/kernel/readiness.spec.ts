import { ManualClock } from '../../test/support/manual-clock.js';
import { Readiness } from './readiness.js';

describe('the readiness of a process', () => {
  it('moves from ready to leaving to draining, and never back', () => {
    const readiness = new Readiness(new ManualClock());
    expect(readiness).toMatchObject({ ready: true, draining: false });
    expect(readiness.leave()).toBe(true);
    expect(readiness).toMatchObject({ ready: false, draining: false });
    readiness.drain();
    expect(readiness).toMatchObject({ ready: false, draining: true });
    expect(readiness.leave()).toBe(false);
    expect(readiness).toMatchObject({ ready: false, draining: true });
  });

  it('counts as probed for five seconds after a probe', () => {
    const clock = new ManualClock();
    const readiness = new Readiness(clock);
    expect(readiness.isProbed).toBe(false);
    readiness.probed();
    clock.advance(4_999);
    expect(readiness.isProbed).toBe(true);
    clock.advance(1);
    expect(readiness.isProbed).toBe(false);
  });
});
