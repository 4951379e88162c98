// @needs redis-server
import { RedisRateLimit } from '../../src/auth/rate-limit.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeRateLimit } from './rate-limit.contract.js';

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let client: RedisClient;

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    client = await redis.connect();
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  describeRateLimit('Redis', {
    async create() {
      await redis.flush();
      return new RedisRateLimit(client);
    },
    destroy: async () => {},
    another: async () => new RedisRateLimit(client),
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });
});
