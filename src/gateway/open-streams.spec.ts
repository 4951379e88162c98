import { Readiness } from '../kernel/readiness.js';
import { SystemClock } from '../kernel/clock.js';
import { OpenStreams } from './open-streams.js';

/** Seconds. */
const WINDOW = 10;

function openStreams(count: number, isLeaving = false) {
  const streams = new OpenStreams(new Readiness(new SystemClock()));
  const ended: number[] = [];
  const all = Array.from({ length: count }, (_, number) => {
    const stream = {
      socket: null,
      isLeaving,
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

  it('end in waves at once where the instances stay: nobody is kept away for longer than needed', async () => {
    const { streams, ended } = openStreams(1_000);
    const drained = streams.drain(WINDOW);
    expect(ended).toHaveLength(100);
    await jest.advanceTimersByTimeAsync(900);
    expect(ended).toHaveLength(1_000);
    await drained;
  });

  it('are left to instances that shut down as well, for three quarters of the window at the longest', async () => {
    const { streams, ended } = openStreams(3, true);
    const drained = streams.drain(WINDOW);
    await jest.advanceTimersByTimeAsync(7_400);
    expect(ended).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(ended).toEqual([0, 1, 2]);
    await drained;
  });

  it('end as soon as no instance has more to say', async () => {
    const { streams, ended, all } = openStreams(3, true);
    const drained = streams.drain(WINDOW);
    await jest.advanceTimersByTimeAsync(1_000);
    all[0]!.end();
    all[1]!.isLeaving = false;
    await jest.advanceTimersByTimeAsync(100);
    expect(ended).toEqual([0]);
    all[2]!.isLeaving = false;
    await jest.advanceTimersByTimeAsync(100);
    expect(ended).toEqual([0, 1, 2]);
    await drained;
  });

  it('wait until it is known which instances shut down', async () => {
    const { streams, ended } = openStreams(1);
    const drained = streams.drain(WINDOW, 1_500);
    await jest.advanceTimersByTimeAsync(1_400);
    expect(ended).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(ended).toEqual([0]);
    await drained;
  });

  it('need no time when there are none', async () => {
    await openStreams(0).streams.drain(WINDOW, 1_500);
    expect(jest.getTimerCount()).toBe(0);
  });
});
