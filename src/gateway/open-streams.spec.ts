import { Readiness } from '../kernel/readiness.js';
import { SystemClock } from '../kernel/clock.js';
import { OpenStreams } from './open-streams.js';

/** Seconds. */
const WINDOW = 10;

function openStreams(count: number) {
  const streams = new OpenStreams(new Readiness(new SystemClock()));
  const ended: number[] = [];
  const all = Array.from({ length: count }, (_, number) => {
    const stream = {
      principalId: undefined,
      credentialHash: undefined,
      end() {
        ended.push(number);
        streams.delete(stream);
      },
    };
    streams.add(stream);
    return stream;
  });
  return { streams, ended, all };
}

describe('the streams of a gateway that shuts down', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('end in waves at once where the services stay: nobody is kept away for longer than needed', async () => {
    const { streams, ended } = openStreams(1_000);
    const drained = streams.drain(WINDOW, false);
    expect(ended).toHaveLength(100);
    await jest.advanceTimersByTimeAsync(900);
    expect(ended).toHaveLength(1_000);
    await drained;
  });

  it('are left to services that shut down as well, for three quarters of the window', async () => {
    const { streams, ended, all } = openStreams(3);
    const drained = streams.drain(WINDOW, true);
    all[0]!.end();
    await jest.advanceTimersByTimeAsync(7_499);
    expect(ended).toEqual([0]);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toEqual([0, 1, 2]);
    await drained;
  });

  it('need no time when the services have ended them, or when there are none', async () => {
    const { streams, all } = openStreams(2);
    const drained = streams.drain(WINDOW, true);
    for (const stream of all) stream.end();
    await drained;
    await openStreams(0).streams.drain(WINDOW, true);
  });
});
