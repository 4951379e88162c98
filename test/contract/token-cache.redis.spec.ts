// @needs redis-server
import { MemoryInstanceBus } from '../../src/instances/instance-bus.memory.js';
import type { RedisClient } from '../../src/redis/client.js';
import { LayeredTokenCache } from '../../src/token-cache/token-cache.layered.js';
import { RedisTokenCache } from '../../src/token-cache/token-cache.redis.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import type { TokenCache } from '../../src/token-cache/token-cache.js';
import { ManualClock } from '../support/manual-clock.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { grantOf, limitsFor, newHash } from './token-cache.adapter.js';
import type { CacheUnderTest, TokenCacheAdapter } from './token-cache.adapter.js';
import { describeTokenCache } from './token-cache.contract.js';

const [OLD, NEXT] = ['o'.repeat(32), 'n'.repeat(32)];
const keyring = new Keyring([OLD]);
const ANNE = { network: 'anne', cookies: [] };

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
        layer(
          new RedisTokenCache(client, new ManualClock(), limitsFor(capacity), keyring, quiet),
          bus,
        ),
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

  it('a revoked token stays revoked on every instance that knows, though a failover brings it back', async () => {
    await redis.flush();
    const clock = new ManualClock();
    const [one, other, later] = [0, 1, 2].map(
      () => new RedisTokenCache(clients[0] as RedisClient, clock, limitsFor(100), keyring, quiet),
    ) as [RedisTokenCache, RedisTokenCache, RedisTokenCache];
    const hash = newHash();
    const uses = async () => {
      const all = [];
      for (const cache of [one, other, later]) {
        all.push((await cache.redeem(hash, ANNE, 'same-client')).outcome);
      }
      return all;
    };
    await one.put(hash, grantOf('p'));
    await one.revoke(hash);
    other.forget({ hash });
    expect(await uses()).toEqual(['revoked', 'revoked', 'revoked']);
    await later.put(hash, grantOf('p'));
    expect(await uses()).toEqual(['revoked', 'revoked', 'reused']);
    clock.advance(60_000);
    for (const cache of [one, other]) cache.sweep();
    // Nobody remembers it for longer than it lives.
    expect(await uses()).toEqual(['reused', 'reused', 'reused']);
  });

  describe('an attacker who can write to Redis', () => {
    let cache: RedisTokenCache;
    let hash: string;
    const cacheWith = (ring: Keyring, clock = new ManualClock()) =>
      new RedisTokenCache(clients[0] as RedisClient, clock, limitsFor(100), ring, quiet);
    const key = (of: string) => {
      const group = `tokens:${Number.parseInt(of.slice(0, 2), 16) % 64}`;
      return (clients[0] as RedisClient).key(group, 't', of);
    };
    const send = (command: string, ...args: string[]) =>
      (clients[0] as RedisClient).send(command, args);
    const stored = async (of: string) => (await send('HGET', key(of), 'g')) as string;
    const outcome = async (by: RedisTokenCache, of: string) =>
      (await by.redeem(of, ANNE, 'same-client')).outcome;

    beforeEach(async () => {
      await redis.flush();
      cache = cacheWith(keyring);
      hash = newHash();
      await cache.put(hash, grantOf('p'));
    });

    it.each<[string, (sealed: string) => string]>([
      ['without a MAC', (sealed) => sealed.slice(43)],
      ['with an empty MAC', (sealed) => 'A'.repeat(43) + sealed.slice(43)],
      ['that was cut off', (sealed) => sealed.slice(0, -2)],
      ['with another principal', (sealed) => sealed.replace('"p"', '"q"')],
      ['that is empty', () => ''],
      ['sealed by a key of its own', () => new Keyring(['x'.repeat(32)]).seal('', '{}')],
    ])('gets no use out of a grant %s', async (_, forge) => {
      await send('HSET', key(hash), 'g', forge(await stored(hash)));
      expect(await cache.peek(hash)).toBeUndefined();
      expect(await outcome(cache, hash)).toBe('unknown');
    });

    it("gets no use out of one token's grant under the hash of another", async () => {
      const other = newHash();
      await cache.put(other, grantOf('q'));
      await send('HSET', key(hash), 'g', await stored(other));
      expect(await outcome(cache, hash)).toBe('unknown');
      expect(await outcome(cache, other)).toBe('first');
    });

    it('cannot keep a grant alive by taking its expiry away', async () => {
      await send('PERSIST', key(hash));
      const later = new ManualClock();
      later.advance(60_000 + 5 * 60_000 + 1);
      expect(await outcome(cacheWith(keyring, later), hash)).toBe('unknown');
    });

    it('cannot unbind a token from its browser', async () => {
      const bound = newHash();
      await cache.put(bound, { ...grantOf('p'), binding: 'jar' });
      await send('HDEL', key(bound), 'b');
      expect(await outcome(cache, bound)).toBe('replayed');
      expect(
        (await cache.redeem(bound, { ...ANNE, cookies: ['jar'] }, 'same-client')).outcome,
      ).toBe('reused');
    });

    it('gets no use out of a grant that a retired key sealed', async () => {
      const rotating = cacheWith(new Keyring([NEXT, OLD]));
      expect(await rotating.peek(hash)).toEqual(grantOf('p'));
      expect(await outcome(rotating, hash)).toBe('first');
      expect(await outcome(cacheWith(new Keyring([NEXT])), hash)).toBe('unknown');
    });
  });
});
