// @needs redis-server
import { RedisInstanceBus } from '../../src/instances/instance-bus.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeInstanceBus, type BusUnderTest } from './instance-bus.contract.js';
import { until } from '../support/until.js';

interface Subject extends BusUnderTest {
  readonly bus: RedisInstanceBus;
  readonly peer: RedisInstanceBus;
  readonly followers: readonly RedisStreamReader[];
}

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let clients: RedisClient[];

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    clients = [await redis.connect('test'), await redis.connect('test')];
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await redis.stop();
  });

  async function create(): Promise<Subject> {
    await redis.flush();
    const followers = clients.map((client) => new RedisStreamReader(client, quiet));
    const [bus, peer] = followers.map(
      (reader, index) => new RedisInstanceBus(clients[index] as RedisClient, reader, quiet),
    ) as [RedisInstanceBus, RedisInstanceBus];
    await Promise.all([bus.open(), peer.open()]);
    for (const reader of followers) reader.start();
    await until(() => bus.live && peer.live);
    return { bus, peer, followers };
  }

  const destroy = async ({ followers }: Subject) => {
    await Promise.all(followers.map((reader) => reader.stop()));
  };

  describeInstanceBus('Redis', {
    create,
    destroy,
    outage: { begin: () => redis.cut(), end: () => redis.restore(...clients) },
  });

  it('skips what it cannot read, and delivers what comes after it', async () => {
    const subject = await create();
    const heard: unknown[] = [];
    subject.peer.on('sum', (body) => heard.push((body as { terms: number[] }).terms.length));
    const [client] = clients as [RedisClient];
    const counter = client.key('events', 'bus-number');
    for (const body of ['null', '7', '{"terms":', '{"terms":null}', '{}']) {
      const n = Number(await client.send('INCR', [counter]));
      await client.send('XADD', [subject.bus.key, '*', 'n', n, 't', 'sum', 'b', body]);
    }
    await client.send('XADD', [subject.bus.key, '*', 'neither', 'number nor topic']);
    await subject.bus.send('sum', { terms: [1, 2] });
    await until(() => heard.length > 0);
    expect(heard).toEqual([2]);
    await destroy(subject);
  });

  it('reports missed messages when Redis has lost some', async () => {
    const subject = await create();
    const missed = jest.fn();
    subject.bus.missed.subscribe(missed);
    await subject.bus.send('one', {});
    await subject.bus.send('two', {});
    redis.cut();
    while (subject.bus.live) await new Promise(setImmediate);
    await redis.flush();
    await redis.restore(...clients);
    await until(() => subject.bus.live);
    expect(missed).toHaveBeenCalled();
    await destroy(subject);
  });
});
