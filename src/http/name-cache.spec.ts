import type { LookupAddress, LookupOptions } from 'node:dns';
import { NameCache, type LookupAll } from './name-cache.js';

const FOUR: LookupAddress = { address: '10.0.0.1', family: 4 };
const SIX: LookupAddress = { address: 'fd00::1', family: 6 };
const failed = Object.assign(new Error('queryA EAI_AGAIN'), { code: 'EAI_AGAIN' });

/** A cache, the lookups that it has asked for, and what it answered. */
function made() {
  const asked: { host: string; answer: Parameters<LookupAll>[1] }[] = [];
  const cache = new NameCache((host, answer) => void asked.push({ host, answer }));
  const answers: unknown[] = [];
  const look = (options: LookupOptions = { all: true }, host = 'backend') =>
    cache.lookup(host, options, (error, found, family) => {
      answers.push(
        error ? (error as NodeJS.ErrnoException).code : family ? [found, family] : found,
      );
    });
  return { asked, answers, look };
}

describe('the names of services', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('are looked up once for all that connect at the same time, and once a second', async () => {
    const { asked, answers, look } = made();
    look();
    look();
    expect(asked).toHaveLength(1);
    asked[0]?.answer(null, [FOUR, SIX]);
    expect(answers).toEqual([
      [FOUR, SIX],
      [FOUR, SIX],
    ]);
    await jest.advanceTimersByTimeAsync(999);
    look();
    await jest.advanceTimersByTimeAsync(0);
    expect([asked.length, answers.length]).toEqual([1, 3]);
    await jest.advanceTimersByTimeAsync(1);
    look();
    look({ all: true }, 'other');
    expect(asked.map(({ host }) => host)).toEqual(['backend', 'backend', 'other']);
  });

  it('have the last known addresses when DNS is silent, and the new ones as soon as it speaks', async () => {
    const { asked, answers, look } = made();
    look();
    asked[0]?.answer(null, [FOUR]);
    await jest.advanceTimersByTimeAsync(60_000);
    look();
    await jest.advanceTimersByTimeAsync(499);
    expect(answers).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(answers).toEqual([[FOUR], [FOUR]]);
    look();
    asked[1]?.answer(null, [SIX]);
    expect(answers.at(-1)).toEqual([SIX]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([asked.length, answers.length]).toEqual([2, 3]);
  });

  it('have the last known addresses when a lookup fails, for five minutes', async () => {
    const { asked, answers, look } = made();
    look();
    asked[0]?.answer(null, [FOUR]);
    await jest.advanceTimersByTimeAsync(299_999);
    look();
    asked[1]?.answer(failed, []);
    await jest.advanceTimersByTimeAsync(1);
    look();
    asked[2]?.answer(failed, []);
    expect(answers).toEqual([[FOUR], [FOUR], 'EAI_AGAIN']);
  });

  it('fail as the lookup did when nothing is known, and are looked up again', () => {
    const { asked, answers, look } = made();
    look();
    asked[0]?.answer(failed, []);
    look();
    asked[1]?.answer(null, [FOUR]);
    expect(answers).toEqual(['EAI_AGAIN', [FOUR]]);
  });

  it('have the requested form and family', () => {
    const { asked, answers, look } = made();
    look({});
    look({ family: 6 });
    look({ family: 'IPv6', all: true });
    asked[0]?.answer(null, [FOUR, SIX]);
    look({ family: 6 }, 'other');
    asked[1]?.answer(null, [FOUR]);
    expect(answers).toEqual([['10.0.0.1', 4], ['fd00::1', 6], [SIX], 'ENOTFOUND']);
  });
});
