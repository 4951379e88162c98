import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { ReplayTurns } from './replay-turns.js';

function room() {
  const clock = new ManualClock();
  const turns = new ReplayTurns(clock);
  const written: string[] = [];
  /** Writes for one client; each write takes a millisecond. */
  const replay = (name: string, writes: number) =>
    turns.run(async () => {
      for (let n = 0; n < writes; n += 1) {
        written.push(name);
        clock.advance(1);
        if (turns.spent) await turns.yield();
      }
    });
  return { turns, written, replay };
}

describe('the turns of replays', () => {
  it('let the event loop serve others every two milliseconds, however many replay', async () => {
    const { written, replay } = room();
    const all = Promise.all(Array.from({ length: 20 }, (_, n) => replay(`${n}`, 10)));
    const steps: number[] = [];
    let before = 0;
    while (written.length < 200) {
      await turn();
      steps.push(written.length - before);
      before = written.length;
    }
    await all;
    expect(Math.max(...steps)).toBeLessThanOrEqual(3);
  });

  it('complete the first client before the next one begins', async () => {
    const { written, replay } = room();
    await Promise.all([replay('a', 5), replay('b', 5)]);
    expect(written.join('')).toBe('aaaaabbbbb');
  });

  it('go to others while one waits, and back to it before those that have not begun', async () => {
    const { turns, written, replay } = room();
    const wait = Promise.withResolvers<void>();
    const first = turns.run(async () => {
      written.push('a');
      await turns.leave(() => wait.promise);
      written.push('a');
    });
    const second = turns.run(async () => {
      written.push('b');
      wait.resolve();
      await turn();
      written.push('b');
    });
    await Promise.all([first, second, replay('c', 1)]);
    expect(written.join('')).toBe('abbac');
  });

  it('go on when a replay fails, whether it writes or waits', async () => {
    const { turns, written, replay } = room();
    const fails = async () => {
      throw new Error('the log does not answer');
    };
    const results = await Promise.allSettled([
      turns.run(fails),
      turns.run(() => turns.leave(fails)),
      replay('c', 1),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(written).toEqual(['c']);
  });
});
