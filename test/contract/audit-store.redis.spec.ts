// @needs redis-server
import { RedisAuditStore } from '../../src/audit/audit-store.redis.js';
import { AuditStoreUnavailable } from '../../src/audit/audit-store.js';
import type { RedisClient } from '../../src/redis/client.js';
import { AuditUpkeep } from '../../src/audit/audit-upkeep.js';
import { createLogger } from '../../src/kernel/logger.js';
import { AUDIT_KEY, AuditCounts, exported, trailOn, verify } from '../support/audit-trails.js';
import { ManualClock } from '../support/manual-clock.js';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { describeAuditStore } from './audit-store.contract.js';

const logger = createLogger({ service: 'test', level: 'silent', pretty: false });

describe('on Redis', () => {
  let redis: RedisUnderTest;
  let client: RedisClient;

  beforeAll(async () => {
    redis = await RedisUnderTest.start('standalone');
    client = await redis.connect('test');
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  /** As if every writer had been away for two minutes. */
  async function forget(): Promise<void> {
    const writers = client.key('audit', 'writers');
    const chains = (await client.send('ZRANGE', [writers, 0, -1])) as string[];
    for (const chain of chains) await client.send('ZADD', [writers, 1, chain]);
  }

  async function adopted(): Promise<RedisAuditStore> {
    await forget();
    const store = new RedisAuditStore(client);
    const trail = trailOn(store);
    await trail.open();
    const metrics = new AuditCounts();
    const retention = { days: 365, entries: 1_000_000 };
    await new AuditUpkeep(store, trail, retention, metrics, new ManualClock(), logger).run();
    return store;
  }

  describeAuditStore('Redis', {
    async create() {
      await redis.flush();
      return new RedisAuditStore(client);
    },
    again: adopted,
    destroy: async () => {},
  });

  it('keeps a chain for each instance, and records the end of one that has gone', async () => {
    await redis.flush();
    const trails = [1, 2, 3].map(() => trailOn(new RedisAuditStore(client)));
    for (const trail of trails) await trail.open();
    await Promise.all(
      trails.flatMap((trail, actor) =>
        Array.from({ length: 50 }, (_, n) =>
          trail.record({ action: 'principal.changed', actor: `a${actor}`, subject: `p${n}` }),
        ),
      ),
    );
    const store = await adopted();
    const entries = await exported(store);
    const report = verify(entries, { keys: [AUDIT_KEY.publicKey] });
    expect(report.faults).toEqual([]);
    expect(report.chains.length).toBe(4);
    // The one that recorded their ends has signed them.
    expect(report.chains.map(({ to, signedThrough }) => to - signedThrough)).toEqual([0, 0, 0, 0]);
    expect(
      entries.filter((one) => (one as { action: string }).action === 'audit.adopted'),
    ).toHaveLength(3);
    // A chain that disappears as a whole is missed by the one that recorded its end.
    const [lost] = report.chains;
    const without = entries.filter((one) => (one as { chain: string }).chain !== lost?.chain);
    expect(verify(without).faults).toContainEqual(
      expect.objectContaining({ kind: 'missing', chain: lost?.chain }),
    );
  });

  it.each([
    ['was stored and not answered', true],
    ['did not arrive', false],
  ])('adopts the sums of an instance once when its own entry about that %s', async (_, arrived) => {
    await redis.flush();
    const gone = trailOn(new RedisAuditStore(client));
    await gone.open();
    for (let n = 0; n < 30; n += 1) await gone.record({ action: 'token.issued', actor: 'ana' });
    await forget();
    const store = new RedisAuditStore(client);
    const trail = trailOn(store);
    await trail.open();
    const append = store.append.bind(store);
    jest.spyOn(store, 'append').mockImplementationOnce(async (batch) => {
      if (arrived) await append(batch);
      throw new AuditStoreUnavailable('the answer was lost');
    });
    const retention = { days: 365, entries: 1_000_000 };
    const metrics = new AuditCounts();
    const upkeep = new AuditUpkeep(store, trail, retention, metrics, new ManualClock(), logger);
    await upkeep.run();
    await trail.record({ action: 'principal.changed', actor: 'admin', subject: 'next' });
    await upkeep.run();
    const { records } = await trail.list({ actor: 'ana' }, undefined, 100);
    expect(records.reduce((sum, { entry }) => sum + (entry.count ?? 1), 0)).toBe(30);
    const entries = (await exported(store)) as { action: string; subject?: string }[];
    expect(entries.filter(({ action }) => action === 'audit.adopted')).toHaveLength(1);
    expect(entries.some(({ subject }) => subject === 'next')).toBe(true);
    expect(verify(entries).faults).toEqual([]);
    await trail.close();
  });

  describe('with something damaged', () => {
    const key = (kind: string, chain: string) => client.key('audit', kind, chain);
    const writers = () => client.key('audit', 'writers');
    const chain = async (): Promise<string> =>
      ((await client.send('ZRANGE', [writers(), 0, -1])) as string[])[0] ?? '';
    const damages: Record<string, () => Promise<unknown>> = {
      'an entry without fields of ours': () =>
        client.send('XADD', [client.key('audit', 'entries'), '*', 'no', 'field']),
      'an entry that is no JSON': () =>
        client.send('XADD', [client.key('audit', 'entries'), '*', 't', '{"half', 'h', 'x']),
      'an entry that is null': () =>
        client.send('XADD', [client.key('audit', 'entries'), '*', 't', 'null', 'h', 'x']),
      'the sums of a writer that has gone': async () => {
        await client.send('ZADD', [writers(), 1, 'k_gone']);
        await client.send('HSET', [key('sums', 'k_gone'), 'one', '{"half', 'other', 'null']);
        await client.send('HSET', [key('chain', 'k_gone'), 'seq', 'many']);
      },
      'the number of a chain': async () =>
        client.send('HSET', [key('chain', await chain()), 'seq', 'many']),
      'a chain': async () => client.send('SET', [key('chain', await chain()), 'text']),
      'the list of writers': () => client.send('SET', [writers(), 'text']),
    };

    it.each(Object.keys(damages))('goes on writing and listing: %s', async (name) => {
      await redis.flush();
      const trail = trailOn(new RedisAuditStore(client));
      await trail.open();
      const store = new RedisAuditStore(client);
      await damages[name]?.();
      const next = trailOn(store);
      await next.open();
      const retention = { days: 365, entries: 1_000_000 };
      const metrics = new AuditCounts();
      const upkeep = new AuditUpkeep(store, next, retention, metrics, new ManualClock(), logger);
      await upkeep.run();
      for (const one of [trail, next]) {
        await one.record({ action: 'principal.changed', actor: 'admin', subject: 'after' });
      }
      const { records } = await next.list({ actor: 'admin' }, undefined, 10);
      expect(records).toHaveLength(2);
      await next.close();
      await trail.close();
    });
  });

  it('keeps what happens while Redis is away, in order', async () => {
    await redis.flush();
    const impatient = await redis.connect('away', 200);
    const store = new RedisAuditStore(impatient);
    const trail = trailOn(store);
    await trail.open();
    redis.cut();
    for (let n = 0; n < 20; n += 1) {
      await trail.record({ action: 'principal.changed', actor: 'admin', subject: `p${n}` });
    }
    await expect(trail.list({}, undefined, 1)).rejects.toMatchObject({
      code: 'audit_unavailable',
      status: 503,
    });
    await redis.restore(client, impatient);
    const { records } = await trail.list({ actor: 'admin' }, undefined, 100);
    expect(records.map(({ entry }) => entry.subject)).toEqual(
      Array.from({ length: 20 }, (_, n) => `p${19 - n}`),
    );
    expect(verify(await exported(store)).faults).toEqual([]);
    await trail.close();
    await impatient.close();
  });
});
