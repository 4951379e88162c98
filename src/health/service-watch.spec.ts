import { ManualClock } from '../../test/support/manual-clock.js';
import type { Probed } from '../http/probe.js';
import { ServiceWatch, type ServiceChange } from './service-watch.js';
import type { Look } from './services.js';

const UP: Probed = { up: true, ms: 2 };
const DOWN: Probed = { up: false, ms: 1, why: 'refused' };

describe('watching the services', () => {
  let clock: ManualClock;
  let changes: ServiceChange[];
  let madre: Probed;
  let looked: number;
  let watch: ServiceWatch;

  beforeEach(() => {
    clock = new ManualClock();
    changes = [];
    madre = UP;
    looked = 0;
    const look = () => {
      looked += 1;
      return Promise.resolve(madre);
    };
    const services = new Map<'madre' | 'redis', Look>([
      ['madre', look],
      ['redis', 'embedded'],
    ]);
    watch = new ServiceWatch(services, clock, (change) => void changes.push(change));
  });

  async function seconds(count: number): Promise<void> {
    for (let half = 0; half < 2 * count; half += 1) {
      clock.advance(500);
      await watch.tick();
    }
  }

  it('lists each service with status, latency and since', async () => {
    const start = new Date(clock.now()).toISOString();
    expect(watch.rows()[0]).toEqual({
      name: 'madre',
      status: 'unknown',
      latency_ms: null,
      since: null,
    });
    await watch.tick();
    expect(watch.rows()).toEqual([
      { name: 'madre', status: 'up', latency_ms: 2, since: start },
      { name: 'redis', status: 'embedded', latency_ms: null, since: start },
    ]);
  });

  it('reports every change once, and how long the previous status lasted', async () => {
    await watch.tick();
    await seconds(10);
    madre = DOWN;
    await seconds(5);
    madre = UP;
    await seconds(5);
    expect(changes).toEqual([
      { name: 'madre', status: 'up', latencyMs: 2, afterMs: undefined },
      { name: 'madre', status: 'down', latencyMs: undefined, afterMs: 11_000 },
      { name: 'madre', status: 'up', latencyMs: 2, afterMs: 4_500 },
    ]);
  });

  it('probes once a second, and twice a second while a service is down', async () => {
    await seconds(10);
    const calm = looked;
    madre = DOWN;
    await seconds(10);
    expect(calm).toBeLessThanOrEqual(10);
    expect(looked - calm).toBeGreaterThanOrEqual(19);
  });

  it('does not start a second probe while the first one waits for an answer', async () => {
    let answer: (probed: Probed) => void = () => {};
    let asked = 0;
    const slow = new Map<'madre', Look>([
      [
        'madre',
        () => {
          asked += 1;
          return new Promise((resolve) => (answer = resolve));
        },
      ],
    ]);
    const slowly = new ServiceWatch(slow, clock, () => undefined);
    const first = slowly.tick();
    clock.advance(5_000);
    await slowly.tick();
    expect(asked).toBe(1);
    answer(UP);
    await first;
  });
});
