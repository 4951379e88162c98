// @needs redis-server
import { RedisProofReplays } from '../../src/auth/identity/proof-replays.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeProofReplays } from './proof-replays.contract.js';

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

  describeProofReplays('Redis', {
    async create() {
      await redis.flush();
      return new RedisProofReplays(client);
    },
    destroy: async () => {},
    another: async () => new RedisProofReplays(client),
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });
});
