// @needs redis-server
import { RedisRevocations } from '../../src/auth/revocations.redis.js';
import { RedisInstanceBus } from '../../src/instances/instance-bus.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeRevocations } from './revocations.contract.js';
import { until } from '../support/until.js';

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let client: RedisClient;
  const followers: RedisStreamReader[] = [];
  const [old, next] = ['o'.repeat(32), 'n'.repeat(32)];
  let keyring = new Keyring([old]);

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
    const revocations = new RedisRevocations(client, bus, keyring, new SystemClock(), quiet);
    await revocations.open();
    reader.start();
    followers.push(reader);
    await until(() => bus.live);
    return revocations;
  }

  describeRevocations('Redis', {
    async create() {
      await redis.flush();
      keyring = new Keyring([old]);
      return instance();
    },
    async destroy() {
      await Promise.all(followers.splice(0).map((reader) => reader.stop()));
    },
    another: instance,
    hears: true,
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });

  describe('somebody who can write to Redis', () => {
    const hash = 'a'.repeat(64);
    const key = () => client.key('auth', 'revocations');

    beforeEach(async () => {
      await redis.flush();
      keyring = new Keyring([old]);
    });
    afterEach(() => Promise.all(followers.splice(0).map((reader) => reader.stop())));

    it('cannot restore a principal, by changing its entry or by deleting it', async () => {
      const revocations = await instance();
      await revocations.add('ana', [hash]);
      const sealed = (await client.send('HGET', [key(), hash])) as string;
      await client.send('HSET', [key(), hash, sealed.replace('true', 'false')]);
      await revocations.refresh();
      expect(revocations.has(hash)).toBe(true);
      await client.send('DEL', [key()]);
      await revocations.refresh();
      expect((await instance()).has(hash)).toBe(true);
    });

    it('cannot revoke a credential either', async () => {
      const text = JSON.stringify({ credentialHash: hash, principalId: 'p', revoked: true, at: 1 });
      await client.send('HSET', [key(), hash, 'A'.repeat(43) + text]);
      expect((await instance()).has(hash)).toBe(false);
    });
  });

  it('seals decisions again under a new key, so that the old one can go', async () => {
    await redis.flush();
    const hash = 'b'.repeat(64);
    keyring = new Keyring([old]);
    await (await instance()).add('ana', [hash]);
    keyring = new Keyring([next, old]);
    expect((await instance()).has(hash)).toBe(true);
    keyring = new Keyring([next]);
    expect((await instance()).has(hash)).toBe(true);
    await Promise.all(followers.splice(0).map((reader) => reader.stop()));
  });
});
