import { NEVER, Subject } from 'rxjs';
import { ManualClock } from '../../test/support/manual-clock.js';
import { quiet } from '../../test/support/redis-under-test.js';
import type { EventLog } from '../events/log/event-log.js';
import type { SystemEvents } from '../events/announce/system-events.js';
import { BusUnavailable, InstanceBus, type BusMessage } from '../instances/instance-bus.js';
import type { Logger } from '../kernel/logger.js';
import { CanaryMetrics } from './canary-metrics.js';
import { StoreHealth, TICK_MS } from './store-health.js';

type Way = 'open' | 'swallows' | 'refuses';

/** A bus that can lose messages, or refuse to send them. */
class Bus extends InstanceBus {
  way: Way = 'open';
  readonly self = 'i_self';
  readonly alone = true;
  readonly messages = new Subject<BusMessage>();
  readonly missed = NEVER;
  live = true;

  async send(topic: string, body: object): Promise<void> {
    if (this.way === 'refuses') throw new BusUnavailable();
    if (this.way === 'open') this.messages.next({ topic, from: this.self, body });
  }

  renew = jest.fn();
  ask = () => Promise.resolve([]);
  answer = () => {};
}

class Seconds extends CanaryMetrics {
  readonly seen: (number | undefined)[] = [];
  returned(seconds: number | undefined): void {
    this.seen.push(seconds);
  }
}

function room() {
  const clock = new ManualClock();
  const bus = new Bus();
  const metrics = new Seconds();
  const told: string[] = [];
  const log = { check: async () => {} } as unknown as EventLog;
  const events = {
    store: async (state: string) => void told.push(state),
  } as unknown as SystemEvents;
  const health = new StoreHealth(log, bus, events, metrics, clock, quiet as unknown as Logger);
  /** Runs this many checks, a second apart. */
  const look = async (times: number, way: Way): Promise<void> => {
    bus.way = way;
    for (let n = 0; n < times; n += 1) {
      const looking = health.look();
      await jest.advanceTimersByTimeAsync(2_000);
      await looking;
      clock.advance(1_000);
    }
  };
  /** Ticks for as many milliseconds. @returns how many checks that were */
  const tick = async (ms: number, way: Way): Promise<number> => {
    bus.way = way;
    const before = metrics.seen.length;
    for (let at = 0; at < ms; at += TICK_MS) {
      await health.tick();
      clock.advance(TICK_MS);
    }
    return metrics.seen.length - before;
  };
  return { bus, health, metrics, told, look, tick };
}

describe('the health of the store', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());

  it('is up after the canary came back; the first call of check runs a check', async () => {
    const { health, metrics } = room();
    await expect(health.check()).resolves.toBe(true);
    expect(metrics.seen).toHaveLength(1);
  });

  it.each(['swallows', 'refuses'] as const)(
    'is down after two canaries that the bus %s, not after one',
    async (way) => {
      const { health, metrics, told, look } = room();
      await look(1, 'open');
      await look(1, way);
      expect(health.up).toBe(true);
      await look(1, way);
      expect(health.up).toBe(false);
      expect(told).toEqual(['lost']);
      expect(metrics.seen.slice(1)).toEqual([undefined, undefined]);
    },
  );

  it('renews the reader when a canary is lost, not when the bus refuses to send', async () => {
    const { bus, look } = room();
    await look(1, 'refuses');
    expect(bus.renew).not.toHaveBeenCalled();
    await look(1, 'swallows');
    expect(bus.renew).toHaveBeenCalledTimes(1);
  });

  it('is up again with the first canary after an outage, and reports it once', async () => {
    const { health, told, look } = room();
    await look(1, 'open');
    await look(5, 'refuses');
    await look(3, 'open');
    expect(health.up).toBe(true);
    expect(told).toEqual(['lost', 'back']);
  });

  it('gets requests with the first good canary after each outage, reported up or not', async () => {
    const { health, look } = room();
    await look(1, 'open');
    for (let outage = 0; outage < 4; outage += 1) {
      await look(1, 'refuses');
      await expect(health.check()).resolves.toBe(true);
      await look(1, 'refuses');
      await expect(health.check()).resolves.toBe(false);
      expect(health.trouble).toBeDefined();
      await look(1, 'open');
      await expect(health.check()).resolves.toBe(true);
      expect(health.trouble).toBeUndefined();
    }
    expect(health.up).toBe(false);
  });

  it('gets no request while the bus is not connected, and is not reported down for that', async () => {
    const { bus, health, told, look } = room();
    await look(1, 'open');
    bus.live = false;
    await expect(health.check()).resolves.toBe(false);
    bus.live = true;
    await expect(health.check()).resolves.toBe(true);
    expect(health.up).toBe(true);
    expect(told).toEqual([]);
  });

  it('looks once a second, and four times a second from the second failure until it works', async () => {
    const { health, tick } = room();
    await expect(tick(5_000, 'open')).resolves.toBe(5);
    await expect(tick(2_000, 'refuses')).resolves.toBe(2 + 3);
    await expect(tick(1_000, 'refuses')).resolves.toBe(4);
    await expect(tick(TICK_MS, 'open')).resolves.toBe(1);
    await expect(health.check()).resolves.toBe(true);
    await expect(tick(5_000, 'open')).resolves.toBe(5);
  });

  it('stays down after a second outage until the store has worked for five seconds', async () => {
    const { health, told, look } = room();
    await look(1, 'open');
    await look(2, 'refuses');
    await look(1, 'open');
    await look(2, 'refuses');
    await look(1, 'open');
    expect(health.up).toBe(false);
    expect(told).toEqual(['lost', 'back', 'lost']);
    await look(6, 'open');
    expect(health.up).toBe(true);
  });
});
