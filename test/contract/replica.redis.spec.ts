// @needs redis-server
import { RedisReplica } from '../../src/auth/replicas/replica.redis.js';
import { ChangeInDoubt, type Entry, type EntryKind } from '../../src/auth/replicas/replica.js';
import { REVOCATIONS } from '../../src/auth/revocation.js';
import { Revocations } from '../../src/auth/revocations.js';
import { BusUnavailable } from '../../src/instances/instance-bus.js';
import { RedisInstanceBus } from '../../src/instances/instance-bus.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { RedisUnavailable } from '../../src/redis/unavailable.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { Keyring } from '../../src/token-cache/keyring.js';
import { quiet, REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import { describeReplica } from './replica.contract.js';
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

  async function replica<E extends Entry>(kind: EntryKind<E>): Promise<RedisReplica<E>> {
    const reader = new RedisStreamReader(client, quiet);
    const bus = new RedisInstanceBus(client, reader, quiet);
    await bus.open();
    const own = new RedisReplica(kind, client, bus, keyring, new SystemClock(), quiet);
    await own.open();
    reader.start();
    followers.push(reader);
    await until(() => bus.live);
    return own;
  }

  const instance = async () => new Revocations(await replica(REVOCATIONS));

  describeReplica('Redis', {
    async create(kind) {
      await redis.flush();
      keyring = new Keyring([old]);
      return replica(kind);
    },
    async destroy() {
      await Promise.all(followers.splice(0).map((reader) => reader.stop()));
    },
    another: replica,
    hears: true,
    outage: { begin: () => redis.cut(), end: () => redis.restore(client) },
  });

  describe('an attacker who can write to Redis', () => {
    const hash = 'a'.repeat(64);
    const key = () => client.key('auth', 'revocations');

    beforeEach(async () => {
      await redis.flush();
      keyring = new Keyring([old]);
    });
    afterEach(() => Promise.all(followers.splice(0).map((reader) => reader.stop())));

    it('cannot restore a principal, by changing its entry or by deleting it', async () => {
      const own = await replica(REVOCATIONS);
      const revocations = new Revocations(own);
      await revocations.add('ana', [hash]);
      const sealed = (await client.send('HGET', [key(), hash])) as string;
      await client.send('HSET', [key(), hash, sealed.replace('true', 'false')]);
      await own.refresh();
      expect(revocations.has(hash)).toBe(true);
      await client.send('DEL', [key()]);
      await own.refresh();
      expect((await instance()).has(hash)).toBe(true);
    });

    it('cannot revoke a credential either', async () => {
      const text = JSON.stringify({ credentialHash: hash, principalId: 'p', revoked: true, at: 1 });
      await client.send('HSET', [key(), hash, 'A'.repeat(43) + text]);
      expect((await instance()).has(hash)).toBe(false);
    });
  });

  it('tells the others of a change whose own message was lost', async () => {
    await redis.flush();
    keyring = new Keyring([old]);
    const hash = 'e'.repeat(64);
    const [own, other] = [await replica(REVOCATIONS), await replica(REVOCATIONS)];
    const send = jest.spyOn(RedisInstanceBus.prototype, 'send');
    send.mockRejectedValueOnce(new BusUnavailable());
    await expect(new Revocations(own).add('ana', [hash])).rejects.toBeInstanceOf(ChangeInDoubt);
    send.mockRejectedValueOnce(new BusUnavailable());
    await own.settle();
    expect(other.get(hash)).toBeUndefined();
    await own.settle();
    await until(() => other.get(hash)?.revoked === true);
    const sent = send.mock.calls.length;
    await own.settle();
    expect(send).toHaveBeenCalledTimes(sent);
    send.mockRestore();
    await Promise.all(followers.splice(0).map((reader) => reader.stop()));
  });

  it('tells the others of a change whose answer was lost', async () => {
    await redis.flush();
    keyring = new Keyring([old]);
    const hash = 'e'.repeat(64);
    const [own, other] = [await replica(REVOCATIONS), await replica(REVOCATIONS)];
    const run = jest.spyOn(client, 'run');
    run.mockImplementationOnce(async (...args) => {
      await client.run(...args);
      throw new RedisUnavailable(true, new Error('no answer'));
    });
    await expect(new Revocations(own).add('ana', [hash])).rejects.toBeInstanceOf(ChangeInDoubt);
    expect(own.get(hash)).toBeUndefined();
    await own.settle();
    expect(own.get(hash)).toMatchObject({ revoked: true });
    await until(() => other.get(hash)?.revoked === true);
    run.mockRestore();
    await Promise.all(followers.splice(0).map((reader) => reader.stop()));
  });

  it('opens the seals of what has changed only, each time that it reads all', async () => {
    await redis.flush();
    keyring = new Keyring([old]);
    await (await instance()).add('ana', ['c'.repeat(64), 'd'.repeat(64)]);
    const own = await replica(REVOCATIONS);
    const open = jest.spyOn(keyring, 'open');
    await own.refresh();
    expect(open).not.toHaveBeenCalled();
    await client.send('HDEL', [own.key, 'c'.repeat(64)]);
    await own.refresh();
    await own.refresh();
    // Sealed again by this instance, and read once more.
    expect(open).toHaveBeenCalledTimes(1);
    expect(own.get('c'.repeat(64))).toMatchObject({ revoked: true });
    await Promise.all(followers.splice(0).map((reader) => reader.stop()));
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
