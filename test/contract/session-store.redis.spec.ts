// @needs redis-server
import { RedisSessionStore } from '../../src/auth/identity/session-store.redis.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { RedisClient } from '../../src/redis/client.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeSessionStore } from './session-store.contract.js';

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let client: RedisClient;
  const keyring = new Keyring(['k'.repeat(32)]);
  const store = async () => new RedisSessionStore(client, keyring, new SystemClock());

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    client = await redis.connect('test');
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  describeSessionStore('Redis', {
    async create() {
      await redis.flush();
      return store();
    },
    destroy: async () => {},
    another: store,
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });

  it('an attacker who can write to Redis can neither forge a session nor move a token to another one', async () => {
    await redis.flush();
    const sessions = await store();
    const own = {
      id: 'n_1',
      principalId: 'ana',
      credentialHash: 'c'.repeat(64),
      startedAt: Date.now(),
      expiresAt: Date.now() + 60_000,
      refreshHash: 'a'.repeat(64),
    };
    await sessions.create(own);
    await sessions.putAccess('f'.repeat(64), 'n_1', Date.now() + 60_000);
    const sealed = (await client.send('GET', [client.key('sessions', 's', 'n_1')])) as string;
    await client.send('SET', [client.key('sessions', 's', 'n_2'), sealed]);
    await client.send('SET', [
      client.key('sessions', 's', 'n_3'),
      sealed.replace('"ana"', '"operator"'),
    ]);
    const access = (await client.send('GET', [
      client.key('sessions', 'a', 'f'.repeat(64)),
    ])) as string;
    await client.send('SET', [client.key('sessions', 'a', 'e'.repeat(64)), access]);
    expect(await sessions.get('n_2')).toBeUndefined();
    expect(await sessions.get('n_3')).toBeUndefined();
    expect(await sessions.byAccess('e'.repeat(64))).toBeUndefined();
    expect((await sessions.byAccess('f'.repeat(64)))?.id).toBe('n_1');
  });
});
