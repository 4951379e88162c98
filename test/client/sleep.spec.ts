import { ManualClock } from '../../client/spec-support/manual-clock.js';
import { useFaults } from './support/faults.js';

const faults = useFaults();

describe('clocks and sleep', () => {
  it.each([3_600_000, -3_600_000])('a wall clock set by %d ms changes nothing', async (by) => {
    const one = faults.watch();
    await one.state('live');
    one.clock.setWall(by);
    one.clock.advance(30_000);
    await one.settled();
    expect(one.statuses).toEqual(['connecting', 'live']);
    one.clock.advance(7_500);
    await one.state('stale');
  });

  it.each(['pageshow', 'visibilitychange', 'online'])(
    'looks at once after a sleep of three minutes, at %s',
    async (name) => {
      const one = faults.watch();
      await one.state('live');
      one.clock.sleep(180_000);
      one.lifecycle.dispatchEvent(new Event(name));
      expect(await one.state('stale')).toEqual({ status: 'stale', silentMs: 180_000 });
    },
  );

  it('leaves a stream alone that spoke just before', async () => {
    const one = faults.watch();
    await one.state('live');
    one.clock.advance(15_000);
    one.lifecycle.dispatchEvent(new Event('online'));
    await one.settled();
    expect(one.statuses).toEqual(['connecting', 'live']);
  });

  it('takes a timer that goes off a little early for the time it was set to', async () => {
    const clock = new ManualClock();
    const early = {
      now: () => clock.now(),
      wall: () => clock.wall(),
      after: (ms: number, task: () => void) => clock.after(Math.max(0, ms - 0.5), task),
    };
    faults.server.next('issue', ({ request }) => request.socket.destroy());
    const one = faults.watch({ clock: early });
    await one.state('reconnecting');
    clock.advanceToNextTimer();
    await one.state('live');
    expect(one.statuses).toEqual(['connecting', 'reconnecting', 'connecting', 'live']);
  });

  it('tries at once when the network is back', async () => {
    faults.server.next('issue', ({ request }) => request.socket.destroy());
    const one = faults.watch();
    await one.state('reconnecting');
    one.lifecycle.dispatchEvent(new Event('online'));
    await one.state('live');
    expect(one.clock.now()).toBe(0);
  });

  it('takes a new token when the machine slept between issuing and opening', async () => {
    const one = faults.watch({
      token: () => {
        if (faults.server.seen.issue.length === 0) one.clock.sleep(60_000);
        return 'principal-token';
      },
    });
    await one.state('live');
    expect(faults.server.seen.stream[0]?.token).toBe('ephemeral-2');
  });
});
