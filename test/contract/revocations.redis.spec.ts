// @needs redis-server
import { RedisRevocations } from '../../src/auth/revocations.redis.js';
import { RedisInstanceBus } from '../../src/instances/instance-bus.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeRevocations } from './revocations.contract.js';

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let client: RedisClient;
  const followers: RedisStreamReader[] = [];

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    client = await redis.connect('test');
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  async function instance(): Promise<RedisRevocations> {
    const reader = new RedisStreamReader(client, quiet);
    const bus = new RedisInstanceBus(client, reader, quiet);
    await bus.open();
    const revocations = new RedisRevocations(client, bus, new SystemClock(), quiet);
    await revocations.open();
    reader.start();
    followers.push(reader);
    while (!bus.live) await new Promise(setImmediate);
    return revocations;
  }

  describeRevocations('Redis', {
    async create() {
      await redis.flush();
      return instance();
    },
    async destroy() {
      await Promise.all(followers.splice(0).map((reader) => reader.stop()));
    },
    another: instance,
    hears: true,
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });
});
