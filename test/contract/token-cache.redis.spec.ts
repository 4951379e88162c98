// @needs redis-server
import { MemoryInstanceBus } from '../../src/instances/instance-bus.memory.js';
import type { RedisClient } from '../../src/redis/client.js';
import { LayeredTokenCache } from '../../src/token-cache/token-cache.layered.js';
import { RedisTokenCache } from '../../src/token-cache/token-cache.redis.js';
import type { TokenCache } from '../../src/token-cache/token-cache.js';
import { ManualClock } from '../support/manual-clock.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import type { CacheUnderTest, TokenCacheAdapter } from './token-cache.adapter.js';
import { describeTokenCache } from './token-cache.contract.js';

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  // Two instances' connections, for all tests: making new ones would take longer than most of them.
  let clients: RedisClient[];

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    clients = [await redis.connect('test'), await redis.connect('test')];
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await redis.stop();
  });

  /** `layer` puts what an instance has in front of Redis. */
  const adapter = (
    layer: (cache: RedisTokenCache, bus: MemoryInstanceBus) => TokenCache,
  ): TokenCacheAdapter<CacheUnderTest & { readonly peer: TokenCache }> => ({
    async create(capacity) {
      await redis.flush();
      const bus = new MemoryInstanceBus();
      const [cache, peer] = clients.map((client) =>
        layer(new RedisTokenCache(client, new ManualClock(), capacity), bus),
      ) as [TokenCache, TokenCache];
      return { cache, peer };
    },
    destroy: () => {},
    peer: (subject) => subject.peer,
    outage: {
      begin: () => redis.cut(),
      end: () => redis.restore(...clients),
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
