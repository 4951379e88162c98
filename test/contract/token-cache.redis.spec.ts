// @needs redis-server
import { MemoryInstanceBus } from '../../src/kernel/instance-bus.memory.js';
import { newId } from '../../src/kernel/ids.js';
import type { RedisClient } from '../../src/redis/redis-client.js';
import { LayeredTokenCache } from '../../src/token-cache/token-cache.layered.js';
import { RedisTokenCache } from '../../src/token-cache/token-cache.redis.js';
import type { TokenCache } from '../../src/token-cache/token-cache.js';
import { ManualClock } from '../support/manual-clock.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import type { CacheUnderTest, TokenCacheAdapter } from './token-cache.adapter.js';
import { describeTokenCache } from './token-cache.contract.js';

interface Subject extends CacheUnderTest {
  readonly clients: readonly RedisClient[];
  readonly another: () => Promise<TokenCache>;
}

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
  });
  afterAll(() => redis.stop());

  /** `layer` puts what an instance has in front of Redis. */
  const adapter = (
    layer: (cache: RedisTokenCache, bus: MemoryInstanceBus) => TokenCache,
  ): TokenCacheAdapter<Subject> => ({
    async create(capacity) {
      const prefix = newId('test');
      const bus = new MemoryInstanceBus();
      const clients: RedisClient[] = [];
      const instance = async () => {
        const client = await redis.connect(prefix);
        clients.push(client);
        return layer(new RedisTokenCache(client, new ManualClock(), capacity), bus);
      };
      const cache = await instance();
      return { cache, clients, another: instance };
    },
    async destroy({ clients }) {
      for (const client of clients) await client.close();
    },
    peer: ({ another }) => another(),
    outage: {
      begin: () => redis.cut(),
      end: ({ clients }) => redis.restore(...clients),
    },
  });

  describeTokenCache(
    'Redis',
    adapter((cache) => cache),
  );
  describeTokenCache(
    'a local layer in front of Redis',
    adapter(
      (cache, bus) =>
        new LayeredTokenCache(cache, bus, new ManualClock(), {
          localHit: () => {},
          localMiss: () => {},
        }),
    ),
  );
});
