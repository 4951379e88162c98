import { ManualClock } from '../spec-support/manual-clock.js';
import { createWatchdog } from './watchdog.js';

function setUp() {
  const clock = new ManualClock();
  const silences: number[] = [];
  const watchdog = createWatchdog(clock, (ms) => silences.push(ms));
  watchdog.watch(1_000);
  return { clock, silences, watchdog };
}

describe('a watchdog', () => {
  it('reports silence once, at its limit', () => {
    const { clock, silences } = setUp();
    clock.advance(999);
    expect(silences).toEqual([]);
    clock.advance(1);
    clock.advance(10_000);
    expect(silences).toEqual([1_000]);
  });

  it('counts from the last sign of life', () => {
    const { clock, silences, watchdog } = setUp();
    for (let i = 0; i < 20; i++) {
      clock.advance(900);
      watchdog.heard();
    }
    expect(silences).toEqual([]);
    clock.advance(1_000);
    expect(silences).toEqual([1_000]);
  });

  it('sets one timer, however much is heard', () => {
    const { clock, watchdog } = setUp();
    for (let i = 0; i < 1_000; i++) watchdog.heard();
    expect(clock.pending).toBe(1);
  });

  it.each([86_400_000, -86_400_000])('does not care when the wall clock is set by %d ms', (by) => {
    const { clock, silences } = setUp();
    clock.advance(500);
    clock.setWall(by);
    clock.advance(499);
    expect(silences).toEqual([]);
    clock.advance(1);
    expect(silences).toEqual([1_000]);
  });

  it('sees on waking that the machine slept, though the monotonic clock stood still', () => {
    const { clock, silences, watchdog } = setUp();
    clock.sleep(180_000);
    watchdog.check();
    expect(silences).toEqual([180_000]);
  });

  it('is stricter on waking, yet not with a stream that just spoke', () => {
    const { clock, silences, watchdog } = setUp();
    clock.advance(599);
    watchdog.check();
    expect(silences).toEqual([]);
    clock.advance(1);
    watchdog.check();
    expect(silences).toEqual([600]);
  });

  it('keeps its limit after a check that found nothing', () => {
    const { clock, silences, watchdog } = setUp();
    clock.advance(500);
    watchdog.check();
    clock.advance(499);
    expect(silences).toEqual([]);
    clock.advance(1);
    expect(silences).toEqual([1_000]);
  });

  it('is quiet and holds no timer after stop', () => {
    const { clock, silences, watchdog } = setUp();
    watchdog.stop();
    watchdog.check();
    clock.advance(10_000);
    expect(silences).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
