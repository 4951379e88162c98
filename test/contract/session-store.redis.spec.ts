// @needs redis-server
import { RedisSessionStore } from '../../src/auth/identity/session-store.redis.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { RedisClient } from '../../src/redis/client.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { ManualClock } from '../support/manual-clock.js';
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

  describe('a rotation', () => {
    const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [
      string,
      string,
      string,
    ];
    const access = () => ({ hash: 'f'.repeat(64), expiresAt: Date.now() + 60_000 });

    beforeEach(async () => {
      await redis.flush();
      const sessions = await store();
      await sessions.create({
        id: 'n_1',
        principalId: 'ana',
        credentialHash: 'c'.repeat(64),
        startedAt: Date.now(),
        expiresAt: Date.now() + 60_000,
        refreshHash: third,
      });
      // Redis knows the scripts from now on.
      await sessions.rotate('n_1', third, first, access());
    });

    it('whose answer is lost is repeated, and gets it', async () => {
      // Of reading the session, then of the rotation.
      for (const proxy of redis.proxies) proxy.breakAtAnswer(2);
      const sessions = await store();
      expect(await sessions.rotate('n_1', first, second, access())).toBe('rotated');
      expect(redis.proxies.some((proxy) => proxy.hasBroken)).toBe(true);
      expect((await sessions.get('n_1'))?.refreshHash).toBe(second);
      expect((await sessions.byAccess(access().hash))?.id).toBe('n_1');
    });

    it('that Redis reads after it was refused does nothing: the token is not taken for stolen', async () => {
      const impatient = await redis.connect('test', 200);
      const run = impatient.run.bind(impatient);
      let calls = 0;
      impatient.run = (...args) => {
        calls += 1;
        if (calls === 2) for (const server of redis.servers) server.pause();
        return run(...args);
      };
      const sessions = new RedisSessionStore(impatient, keyring, new SystemClock());
      await expect(sessions.rotate('n_1', first, second, access())).rejects.toMatchObject({
        code: 'token_store_unavailable',
      });
      for (const server of redis.servers) server.resume();
      await impatient.close();
      await redis.restore(client);
      expect(await (await store()).rotate('n_1', first, third, access())).toBe('rotated');
    });
  });

  it('that has ended stays ended on every instance that knows, though a failover brings it back', async () => {
    await redis.flush();
    const clock = new ManualClock();
    const [one, other, later] = [0, 1, 2].map(
      () => new RedisSessionStore(client, keyring, clock),
    ) as [RedisSessionStore, RedisSessionStore, RedisSessionStore];
    const session = {
      id: 'n_1',
      principalId: 'ana',
      credentialHash: 'c'.repeat(64),
      startedAt: clock.now(),
      expiresAt: clock.now() + 3_600_000,
      refreshHash: 'a'.repeat(64),
    };
    const access = { hash: 'f'.repeat(64), expiresAt: clock.now() + 60_000 };
    const next = { hash: 'e'.repeat(64), expiresAt: clock.now() + 60_000 };
    const cameBack = async () => {
      await later.create(session);
      await later.putAccess('n_1', access);
    };
    await cameBack();
    expect(await one.end('n_1')).toMatchObject({ id: 'n_1' });
    other.forget('n_1');
    await cameBack();
    for (const store of [one, other]) {
      expect(await store.get('n_1')).toBeUndefined();
      expect(await store.byAccess(access.hash)).toBeUndefined();
      expect(await store.rotate('n_1', session.refreshHash, 'b'.repeat(64), next)).toBe('unknown');
      expect(await store.idsOf('ana')).toEqual([]);
    }
    expect(await later.get('n_1')).toBeDefined();
    await other.sweep();
    expect(await later.get('n_1')).toBeUndefined();
    await cameBack();
    expect(await one.end('n_1')).toBeUndefined();
    expect(await later.get('n_1')).toBeUndefined();
    // What is settled is not ended for ever.
    clock.advance(60_000);
    await other.sweep();
    await cameBack();
    await other.sweep();
    expect(await other.get('n_1')).toBeDefined();
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
    await sessions.putAccess('n_1', { hash: 'f'.repeat(64), expiresAt: Date.now() + 60_000 });
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
