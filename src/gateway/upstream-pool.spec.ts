import { createLogger } from '../kernel/logger.js';
import { UpstreamPool, type Carried, type Leaving, type Upstream } from './upstream-pool.js';

const REFUSED = { up: false, ms: 1, why: 'refused' } as const;
const TIMEOUT = { up: false, ms: 1000, why: 'timeout' } as const;
const OK = { up: true, ms: 1 } as const;

function pool(count: number) {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'info',
    pretty: false,
    destination: { write: (line) => void lines.push(line) },
  });
  const urls = Array.from({ length: count }, (_, index) => `http://instance-${index}`);
  const made = new UpstreamPool('operator-backend', urls, logger, true);
  return { pool: made, all: made.upstreams as Upstream[], lines };
}

/** Gives the instance requests to forward; each remembers what it was told. */
function load(upstream: Upstream, count = 1): (Carried & { told: Leaving[] })[] {
  return Array.from({ length: count }, () => {
    const told: Leaving[] = [];
    const one = { told, leave: (what: Leaving) => void told.push(what) };
    upstream.carry(one);
    return one;
  });
}

describe('the pool of upstreams', () => {
  it('picks the instance with the fewest active requests', () => {
    const { pool: instances, all } = pool(3);
    for (const [index, active] of [5, 2, 9].entries()) load(all[index]!, active);
    expect(instances.pick()).toBe(all[1]);
  });

  it('spreads requests evenly over instances with equal load', () => {
    const { pool: instances, all } = pool(3);
    for (let request = 0; request < 300; request += 1) load(instances.pick()!);
    expect(all.map(({ active }) => active)).toEqual([100, 100, 100]);
  });

  it('prefers a new instance until it has as many requests as the others', () => {
    const { pool: instances, all } = pool(2);
    load(all[0]!, 10);
    for (let request = 0; request < 12; request += 1) load(instances.pick()!);
    expect(all.map(({ active }) => active)).toEqual([11, 11]);
  });

  it('skips an unreachable instance at once, until a probe succeeds', () => {
    const { pool: instances, all } = pool(2);
    instances.unreachable(all[0]!);
    expect([instances.pick(), instances.pick()]).toEqual([all[1], all[1]]);
    instances.observe(all[0]!, OK);
    expect(new Set([instances.pick(), instances.pick()]).size).toBe(2);
  });

  it('picks no instance when all refuse connections', () => {
    const { pool: instances, all } = pool(2);
    for (const upstream of all) instances.observe(upstream, REFUSED);
    expect(instances.pick()).toBeUndefined();
  });

  it('ignores one late probe answer, and uses a slow instance only when none is up', () => {
    const { pool: instances, all } = pool(2);
    instances.observe(all[0]!, TIMEOUT);
    expect(all[0]!.state).toBe('up');
    for (let times = 0; times < 3; times += 1) instances.observe(all[0]!, TIMEOUT);
    expect([instances.pick(), instances.pick()]).toEqual([all[1], all[1]]);
    instances.observe(all[1]!, REFUSED);
    expect(instances.pick()).toBe(all[0]);
  });

  it('sends new requests elsewhere from the first late probe answer on, until the instance says something', () => {
    const { pool: instances, all } = pool(2);
    load(all[1]!, 10);
    instances.observe(all[0]!, TIMEOUT);
    expect([instances.pick(), instances.pick()]).toEqual([all[1], all[1]]);
    instances.observe(all[1]!, TIMEOUT);
    expect(instances.pick()).toBe(all[0]);
    all[1]!.heard();
    expect(instances.pick()).toBe(all[1]);
    all[0]!.heard();
    expect(instances.pick()).toBe(all[0]);
  });

  it('sends the requests of a hung instance away, and later its streams, as long as another is up', () => {
    const { pool: instances, all } = pool(2);
    const [one] = load(all[0]!);
    const miss = (times: number) => {
      for (let time = 0; time < times; time += 1) instances.observe(all[0]!, TIMEOUT);
    };
    miss(1);
    expect(one!.told).toEqual([]);
    miss(1);
    expect(one!.told).toEqual(['requests']);
    instances.observe(all[1]!, REFUSED);
    miss(5);
    expect(one!.told).toEqual(['requests']);
    instances.observe(all[1]!, OK);
    expect(one!.told).toEqual(['requests', 'all']);
    miss(1);
    expect(one!.told).toEqual(['requests', 'all', 'all']);
  });

  it('sends away what a silent instance got because there was no other, once another is up', () => {
    const { pool: instances, all } = pool(3);
    instances.observe(all[1]!, REFUSED);
    instances.observe(all[2]!, REFUSED);
    const [early] = load(all[0]!);
    instances.observe(all[1]!, OK);
    expect(early!.told).toEqual([]);
    instances.observe(all[1]!, REFUSED);
    instances.observe(all[0]!, TIMEOUT);
    expect(early!.told).toEqual([]);
    instances.observe(all[1]!, OK);
    expect(early!.told).toEqual(['requests']);
  });

  it('sends the streams of an instance away that has lost its store for three seconds, while another is up', () => {
    const { pool: instances, all } = pool(2);
    const [one] = load(all[0]!);
    const probes = (times: number, code: string) => {
      for (let time = 0; time < times; time += 1)
        instances.observe(all[0]!, { up: false, ms: 1, why: 'status', code });
    };
    probes(100, 'draining');
    probes(11, 'not_ready');
    instances.observe(all[0]!, OK);
    probes(11, 'not_ready');
    // The other one is up, but says nothing.
    instances.observe(all[1]!, TIMEOUT);
    probes(100, 'not_ready');
    instances.observe(all[1]!, OK);
    probes(11, 'not_ready');
    // Away for all: the first one that has it back does not get the streams of the other.
    instances.observe(all[1]!, REFUSED);
    probes(100, 'not_ready');
    instances.observe(all[1]!, OK);
    probes(11, 'not_ready');
    expect(one!.told).toEqual([]);
    probes(1, 'not_ready');
    expect(one!.told).toEqual(['streams']);
    probes(1, 'not_ready');
    expect(one!.told).toEqual(['streams', 'streams']);
  });

  it('counts on where an instance that has lost its store stops answering', () => {
    const { pool: instances, all } = pool(2);
    const [one] = load(all[0]!);
    instances.observe(all[0]!, TIMEOUT);
    const lost = { up: false, ms: 1, why: 'status', code: 'not_ready' } as const;
    for (let time = 0; time < 4; time += 1) instances.observe(all[0]!, lost);
    expect(one!.told).toEqual([]);
    instances.observe(all[0]!, TIMEOUT);
    instances.observe(all[0]!, TIMEOUT);
    expect(one!.told).toEqual(['streams']);
  });

  it('does not send away what has left meanwhile, nor anything once the instance answers', async () => {
    jest.useFakeTimers();
    const { pool: instances, all } = pool(2);
    const carried = load(all[0]!, 350);
    for (let time = 0; time < 2; time += 1) instances.observe(all[0]!, TIMEOUT);
    const [moved, last] = [carried[150]!, carried[349]!];
    all[0]!.release(moved);
    await jest.advanceTimersByTimeAsync(150);
    all[0]!.heard();
    await jest.advanceTimersByTimeAsync(1_000);
    jest.useRealTimers();
    expect([moved.told, last.told]).toEqual([[], []]);
    expect(carried.filter(({ told }) => told.length === 1).length).toBeGreaterThan(100);
  });

  it('keeps what an instance has that is only busy: it still says something to somebody', () => {
    const { pool: instances, all } = pool(2);
    const [one] = load(all[0]!);
    for (let time = 0; time < 20; time += 1) {
      instances.observe(all[0]!, TIMEOUT);
      all[0]!.heard();
    }
    expect(one!.told).toEqual([]);
    expect(instances.pick()).toBe(all[1]);
  });

  it('keeps what an instance has that answers again', () => {
    const { pool: instances, all } = pool(2);
    const [one] = load(all[0]!);
    for (const result of [TIMEOUT, OK, TIMEOUT, OK, TIMEOUT]) instances.observe(all[0]!, result);
    expect(one!.told).toEqual([]);
  });

  it('keeps an instance down after a refusal, however many probes time out afterwards', () => {
    const { pool: instances, all } = pool(1);
    instances.observe(all[0]!, REFUSED);
    for (let times = 0; times < 5; times += 1) instances.observe(all[0]!, TIMEOUT);
    expect(instances.pick()).toBeUndefined();
  });

  it('does not pick an instance again that was already tried for the request', () => {
    const { pool: instances, all } = pool(2);
    expect(instances.pick(new Set([all[0]!]))).toBe(all[1]);
    expect(instances.pick(new Set(all))).toBeUndefined();
  });

  it('logs each change of state once', () => {
    const { pool: instances, all, lines } = pool(1);
    for (let times = 0; times < 3; times += 1) instances.observe(all[0]!, REFUSED);
    instances.observe(all[0]!, OK);
    expect(lines.map((line) => JSON.parse(line).state)).toEqual(['down', 'up']);
  });

  it('takes over a new list of instances: known ones keep their state, new ones wait for a probe', () => {
    const { pool: instances, all } = pool(2);
    load(all[0]!, 7);
    const added = instances.replace(['http://instance-0', 'http://instance-2']);
    expect(added.map(({ url }) => url)).toEqual(['http://instance-2']);
    expect([instances.pick(), instances.pick()]).toEqual([all[0], all[0]]);
    instances.observe(added[0]!, OK);
    expect(instances.pick()).toBe(added[0]);
    instances.replace(['http://instance-2']);
    expect(instances.pick(new Set(added))).toBeUndefined();
  });

  it('uses the address of the whole service when no known instance is up', () => {
    const logger = createLogger({ service: 'test', level: 'fatal', pretty: false });
    const instances = new UpstreamPool('operator-backend', [], logger, true, 'http://service');
    const [found] = instances.replace(['http://instance-0']);
    expect(instances.pick()?.url).toBe('http://service');
    instances.unreachable(instances.pick()!);
    expect(instances.pick()?.url).toBe('http://service');
    expect(instances.pick(new Set([instances.pick()!]))).toBeUndefined();
    instances.observe(found!, OK);
    expect(instances.pick()).toBe(found);
  });

  it('takes what an instance still carries that is gone from the list for leaving', () => {
    const { pool: instances, all } = pool(2);
    instances.replace([all[1]!.url]);
    expect(all.map(({ state }) => state)).toEqual(['down', 'up']);
  });

  describe('that is out', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it('lets requests wait, and sends them in their order and in waves to the first that is up', async () => {
      const { pool: instances, all } = pool(2);
      expect(instances.mayWait).toBe(false);
      for (const upstream of all) instances.unreachable(upstream);
      expect(instances.mayWait).toBe(true);
      const resumed: number[] = [];
      for (let request = 0; request < 2_000; request += 1) {
        instances.wait(5_000, () => void resumed.push(request));
      }
      instances.observe(all[1]!, OK);
      expect([resumed.length, instances.waiting]).toEqual([200, 1_800]);
      await jest.advanceTimersByTimeAsync(900);
      expect(resumed).toEqual(Array.from({ length: 2_000 }, (_, request) => request));
      expect(jest.getTimerCount()).toBe(0);
    });

    it('resumes each request once: after its time, cancelled never', async () => {
      const { pool: instances, all } = pool(1);
      instances.unreachable(all[0]!);
      const resumed: string[] = [];
      instances.wait(1_000, () => void resumed.push('late'));
      instances.wait(2_000, () => void resumed.push('never'))();
      await jest.advanceTimersByTimeAsync(1_000);
      instances.observe(all[0]!, OK);
      instances.stop();
      await jest.advanceTimersByTimeAsync(5_000);
      expect(resumed).toEqual(['late']);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('lets ten thousand wait, and no more', () => {
      const { pool: instances, all } = pool(1);
      instances.unreachable(all[0]!);
      const waits = Array.from({ length: 10_000 }, () => instances.wait(1_000, () => {}));
      expect([instances.waiting, instances.mayWait]).toEqual([10_000, false]);
      waits[0]!();
      expect(instances.mayWait).toBe(true);
      instances.stop();
    });

    it('lets nobody wait for an instance that is only slow, or that nobody probes', () => {
      const { pool: instances, all } = pool(1);
      for (let probe = 0; probe < 3; probe += 1) instances.observe(all[0]!, TIMEOUT);
      expect([all[0]!.state, instances.mayWait]).toEqual(['slow', false]);
      const unprobed = new UpstreamPool(
        'madre',
        ['http://madre'],
        createLogger({ service: 'test', level: 'silent', pretty: false }),
        false,
      );
      expect(unprobed.mayWait).toBe(false);
    });
  });
});
