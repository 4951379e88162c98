// @needs redis-server
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { comparePositions } from '../../src/events/position.js';
import { sha256 } from '../../src/kernel/ids.js';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import { spawnBackend, type BackendProcess } from '../support/process.js';
import { RedisServer } from '../support/redis-server.js';
import type { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';
import { until } from '../support/until.js';
import { TwoInstances } from '../support/two-instances.js';

/** Two instances of operator-backend that share nothing but a Redis. */
describe('two instances on one Redis', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'ana', scopes: ['events:read'] },
    { id: 'bob', scopes: ['events:read'] },
    { id: 'eve', scopes: ['events:read'] },
    { id: 'limited', scopes: ['events:read'], rateLimit: 3 },
  ]);
  let two: TwoInstances;
  let redis: RedisUnderTest;
  let a: BackendProcess;
  let b: BackendProcess;
  const at = (instance: BackendProcess, id: keyof typeof tokens, userAgent?: string) =>
    new Caller(instance.url, tokens[id], userAgent);

  beforeAll(async () => {
    two = await TwoInstances.start({
      VX11_DATA_DIR: dataDir,
      VX11_PRINCIPALS_FILE: file,
      VX11_STREAMS_PER_PRINCIPAL: '4',
      VX11_DRAIN_SECONDS: '1',
    });
    ({ redis } = two);
    [a, b] = two.both;
  });

  afterAll(async () => {
    await two.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function live(by: Caller, token?: string): Promise<StreamReader> {
    const reader = await by.stream(token === undefined ? {} : { token });
    await reader.named('snapshot');
    return reader;
  }

  /** Listed by both: each knows of the other's streams. */
  async function listed(principal: string): Promise<{ id: string; instance: string }[]> {
    const { json } = await a.caller.api('/streams');
    return json.streams.filter((row: { principal_id: string }) => row.principal_id === principal);
  }

  it('a token issued by one opens a stream on the other, for one client', async () => {
    const watcher = await live(a.caller);
    const token = await at(a, 'ana').issue();
    const stream = await live(at(b, 'ana', 'first'), token);
    const thief = await at(a, 'ana', 'second').stream({ token });
    expect(await thief.refusal()).toEqual({ status: 403, code: 'token_replayed' });
    expect((await watcher.ofType('vx11.security.token_replayed')).data.data).toMatchObject({
      principal_id: 'ana',
    });
    await Promise.all([stream.close(), watcher.close()]);
  });

  it('one lists the streams of both that hold a text, and counts the others', async () => {
    const streams = [
      await live(at(a, 'ana', 'Wanted/1.0')),
      await live(at(b, 'ana', 'wanted/2.0')),
      await live(at(b, 'ana', 'other')),
    ];
    await until(async () => (await a.caller.api('/streams')).json.total >= 3);
    const { json } = await a.caller.api('/streams?q=WANTED');
    const agents = json.streams.map((row: { user_agent: string }) => row.user_agent);
    expect(agents.toSorted()).toEqual(['Wanted/1.0', 'wanted/2.0']);
    expect(json.matching).toBe(2);
    await Promise.all(streams.map((stream) => stream.close()));
  });

  it('what one accepts reaches the streams of both, in one order, and resumes on either', async () => {
    const type = `order.${randomUUID()}`;
    const readers = await Promise.all([live(a.caller), live(b.caller)]);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? a : b).caller.publish(event({ type, data: { n } })),
      ),
    );
    const seen = [];
    for (const reader of readers) {
      const frames = [];
      for (let n = 0; n < 20; n += 1) frames.push(await reader.ofType(type));
      seen.push(frames.map(({ id }) => id));
    }
    expect(seen[0]).toEqual(seen[1]);
    const resumed = await b.caller.stream({
      query: `&type=${type}`,
      headers: { 'last-event-id': seen[0]?.[4] ?? '' },
    });
    await resumed.named('recovered');
    expect(resumed.events.map(({ id }) => id)).toEqual(seen[0]?.slice(5));
    await Promise.all([...readers, resumed].map((reader) => reader.close()));
  });

  it('lists the streams of both, and ends one wherever it is', async () => {
    const streams = await Promise.all([live(at(a, 'ana')), live(at(b, 'ana'))]);
    await until(async () => (await listed('ana')).length === 2);
    const rows = await listed('ana');
    expect(new Set(rows.map(({ instance }) => instance)).size).toBe(2);
    for (const { id } of rows) {
      const answer = await a.caller.api(`/streams/${id}`, { method: 'DELETE' });
      expect(answer.status).toBe(204);
    }
    for (const stream of streams) {
      expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'admin' });
    }
    expect((await a.caller.api('/streams/s_nobody', { method: 'DELETE' })).json).toMatchObject({
      code: 'not_found',
    });
  });

  it('a revoked token ends its streams on the other, and opens none there', async () => {
    const token = await at(a, 'ana').issue();
    const stream = await live(at(b, 'ana'), token);
    const { status } = await at(a, 'ana').post('/events/sse-token/revoke', { sse_token: token });
    expect(status).toBe(204);
    expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'revoked' });
    const again = await at(b, 'ana').stream({ token });
    expect(await again.refusal()).toEqual({ status: 403, code: 'invalid_token' });
  });

  it("somebody else's token cannot be used to end its streams", async () => {
    const token = await at(a, 'ana').issue();
    const stream = await live(at(b, 'ana'), token);
    const { json } = await at(a, 'bob').post('/events/sse-token/revoke', { sse_token: token });
    expect(json).toMatchObject({ code: 'insufficient_scope' });
    const type = `still.${randomUUID()}`;
    await a.caller.publish(event({ type }));
    await stream.ofType(type);
    await stream.close();
  });

  it('a principal has its limit of streams over both', async () => {
    const streams = await Promise.all([
      ...[a, a].map((one) => live(at(one, 'bob'))),
      ...[b, b].map((one) => live(at(one, 'bob'))),
    ]);
    await until(async () => {
      const fifth = await at(a, 'bob').stream();
      if (fifth.status === 429) return (await fifth.refusal()).code === 'too_many_streams';
      await fifth.close();
      return false;
    });
    await Promise.all(streams.map((stream) => stream.close()));
    await until(async () => (await listed('bob')).length === 0);
    let opened = 0;
    await until(async () => {
      const next = await at(b, 'bob').stream();
      opened = next.status;
      await next.close();
      return opened !== 429;
    });
    expect(opened).toBe(200);
  });

  it('a principal has its rate over both', async () => {
    const asked = Array.from({ length: 40 }, (_, n) =>
      at(n % 2 ? a : b, 'limited').post('/events/sse-token'),
    );
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.json).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('a principal that one revokes is refused by both, and its streams end on both', async () => {
    const streams = await Promise.all([live(at(a, 'eve')), live(at(b, 'eve'))]);
    const token = await at(b, 'eve').issue();
    await until(async () => (await listed('eve')).length === 2);
    const { status } = await a.caller.post('/principals/eve/revoke');
    expect(status).toBe(202);
    for (const stream of streams) {
      expect((await stream.named('goodbye')).data).toMatchObject({
        reason: 'revoked',
        reconnect: false,
      });
    }
    for (const instance of [a, b]) {
      expect((await at(instance, 'eve').post('/events/sse-token')).json).toMatchObject({
        code: 'invalid_token',
        detail:
          'This principal was revoked. An administrator can restore it or give it a new token.',
      });
      const opened = await at(instance, 'eve').stream({ token });
      expect(await opened.refusal()).toEqual({ status: 403, code: 'invalid_token' });
    }
  });

  describe('administrators on both at the same moment', () => {
    const rights = ['events:read', 'streams:admin'];
    const create = (instance: BackendProcess, row: object) =>
      instance.caller.post('/principals', row);
    const statuses = (answers: readonly { status: number }[]) =>
      answers.map(({ status }) => status).toSorted((x, y) => x - y);

    it('make one token one principal, the same on both', async () => {
      for (let n = 0; n < 5; n += 1) {
        const token = newPrincipalToken();
        const row = { scopes: ['events:read'], token_sha256: sha256(token) };
        const answers = await Promise.all([
          create(a, { ...row, id: `one-${n}` }),
          create(b, { ...row, id: `two-${n}`, scopes: rights }),
        ]);
        expect(statuses(answers)).toEqual([201, 409]);
      }
    });

    it('go on after a turn in Redis that would never end', async () => {
      const id = `after-${randomUUID()}`;
      const key = (await redis.direct[0]?.keys('*:auth}:*'))?.[0]?.replace(/}.*/, '}:turn') ?? '';
      await redis.direct[0]?.set(key, 'damaged');
      expect((await create(a, { id, scopes: rights })).status).toBe(201);
    });

    it('cannot lock everybody out by revoking each other', async () => {
      const secrets = [newPrincipalToken(), newPrincipalToken()];
      for (const [n, id] of ['left', 'right'].entries()) {
        await create(a, { id, scopes: rights, token_sha256: sha256(secrets[n] ?? '') });
      }
      const { json } = await a.caller.api('/principals');
      const others = (json.principals as { id: string; scopes: string[] }[]).filter(
        ({ id, scopes }) => scopes.includes('streams:admin') && id !== 'left' && id !== 'right',
      );
      const [left, right] = [a, b].map((one, n) => new Caller(one.url, secrets[n] ?? '')) as [
        Caller,
        Caller,
      ];
      await until(async () => (await right.api('/streams')).status === 200);
      for (const { id } of others) await left.post(`/principals/${id}/revoke`);
      const answers = await Promise.all([
        left.post('/principals/right/revoke'),
        right.post('/principals/left/revoke'),
      ]);
      const winner = answers[0]?.status === 202 ? left : right;
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
      for (const { id } of others) {
        expect((await winner.post(`/principals/${id}/restore`)).status).toBe(202);
      }
      await Promise.all(
        [a, b].map((one) => until(async () => (await one.caller.api('/streams')).status === 200)),
      );
    });
  });

  it('an instance that starts later knows who is revoked', async () => {
    const env = { ...redis.env, VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file };
    const late = await spawnBackend(env);
    expect((await at(late, 'eve').post('/events/sse-token')).status).toBe(403);
    await late.end('SIGTERM');
  });

  describe('while Redis is away', () => {
    let stream: StreamReader;
    let used: string;
    const ready = (instance: BackendProcess) => ask(instance.url, '/readyz');

    beforeAll(async () => {
      used = await at(a, 'ana').issue();
      stream = await live(at(a, 'ana'), used);
      redis.cut();
    });

    afterAll(() => stream.close());

    it('a token that was used just before can be used again, by the same client only', async () => {
      const again = await at(a, 'ana').stream({ token: used });
      expect(again.status).toBe(200);
      const other = await at(a, 'ana', 'somebody else').stream({ token: used });
      expect(await other.refusal()).toEqual({ status: 403, code: 'token_replayed' });
      await again.close();
    });

    it.each([
      ['issuing', '/events/sse-token', undefined, 'token_store_unavailable'],
      ['publishing', '/events', JSON.stringify(event()), 'event_log_unavailable'],
    ])('%s is refused, and says when to come back', async (_, path, body, code) => {
      const answer = await a.caller.post(path, body, {
        'content-type': body === undefined ? undefined : 'application/cloudevents+json',
      });
      expect(answer).toMatchObject({ status: 503, json: { code } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });

    it.each([
      ['listed', 'GET', '/streams'],
      ['ended by an id that this instance does not have', 'DELETE', '/streams/none'],
    ])('streams cannot be %s without the other instance', async (_, method, path) => {
      const { status, headers, json } = await a.caller.api(path, { method });
      expect([status, json.code]).toEqual([503, 'instances_unreachable']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    });

    // Both, and until they report it: one that has not noticed yet would not report its return.
    it('the instances are not ready, but alive', async () => {
      for (const instance of [a, b]) {
        await until(async () => (await ready(instance)).status === 503);
        expect((await ready(instance)).json).toMatchObject({ code: 'not_ready' });
        expect((await ask(instance.url, '/livez')).status).toBe(200);
        await until(async () => (await instance.caller.metric('vx11_operator_redis_up')) === 0);
        await until(() => instance.output.some((line) => line.includes('the event log is lost')));
      }
    });

    it('recovers by itself: streams stayed open, and get new events', async () => {
      await redis.restore();
      await Promise.all([a, b].map((one) => until(async () => (await ready(one)).status === 200)));
      await stream.ofType('vx11.store.back');
      const type = `back.${randomUUID()}`;
      await b.caller.publish(event({ type }));
      await stream.ofType(type);
      expect(await a.caller.metric('vx11_operator_redis_up')).toBe(1);
    });
  });

  describe('when the memory of Redis is full', () => {
    const limit = (bytes: string) => redis.direct[0]?.config('SET', 'maxmemory', bytes);

    afterEach(() => limit('0'));

    it('tokens and principals are revoked nevertheless, on both', async () => {
      const stream = await live(at(b, 'bob'));
      const token = await at(a, 'ana').issue();
      await limit('1');
      expect((await at(a, 'ana').post('/events/sse-token')).json).toMatchObject({
        code: 'token_store_unavailable',
      });
      const revoked = await at(a, 'ana').post('/events/sse-token/revoke', { sse_token: token });
      expect(revoked.status).toBe(204);
      expect((await a.caller.post('/principals/bob/revoke')).status).toBe(202);
      expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'revoked' });
      expect((await at(b, 'bob').api('/events')).status).toBe(403);
      expect((await a.caller.post('/principals/bob/restore')).status).toBe(202);
    });
  });

  describe('when Redis has lost what it held', () => {
    it('every stream gets a gap, positions keep growing, and a resuming client gets a gap too', async () => {
      const streams = await Promise.all([live(a.caller), live(b.caller)]);
      const type = `lost.${randomUUID()}`;
      await a.caller.publish(event({ type }));
      const before = (await streams[0]?.ofType(type))?.id ?? '';
      // A client that has the last event lost nothing; a client that resumes before this one lost it.
      await a.caller.publish(event({ type: `${type}.last` }));
      for (const stream of streams) await stream.ofType(`${type}.last`);
      await redis.flush();
      for (const stream of streams) {
        expect((await stream.named('gap')).data).toMatchObject({ lost: true });
      }
      await until(async () => (await b.caller.post('/events/sse-token')).status === 200);
      await b.caller.publish(event({ type }));
      const after = await Promise.all(streams.map((stream) => stream.ofType(type)));
      for (const { id } of after) {
        expect(comparePositions(id ?? '', before)).toBeGreaterThan(0);
      }
      const resumed = await a.caller.stream({ headers: { 'last-event-id': before } });
      const { data } = await resumed.named('gap');
      expect(comparePositions(data.oldest, before)).toBeGreaterThan(0);
      expect((await resumed.ofType(type)).id).toBe(after[0]?.id);
      await Promise.all([...streams, resumed].map((stream) => stream.close()));
    });
  });
});

/** Its commands reach Redis, but it reads nothing of what the others send. */
describe('an instance that does not hear the others', () => {
  it('restores nobody: it does not know who is revoked', async () => {
    const password = 'a-password-of-redis';
    const user = ['deaf', 'on', `>${password}`, '~*', '&*', '+@all'];
    const redis = await RedisServer.start({ settings: { user } });
    const admin = new Redis({ port: redis.port, host: '127.0.0.1' });
    const env = {
      VX11_TOKEN_KEYS: 'k'.repeat(43),
      VX11_OPERATOR_TOKEN: newPrincipalToken(),
      VX11_DRAIN_SECONDS: '1',
    };
    const [hearing, deaf] = await Promise.all([
      spawnBackend({ ...env, VX11_REDIS_URL: redis.url }),
      spawnBackend({
        ...env,
        VX11_REDIS_URL: `redis://deaf:${password}@127.0.0.1:${redis.port}`,
      }),
    ]);
    const body = { id: 'ana', scopes: ['events:read'] };
    expect((await hearing.caller.api('/principals', { method: 'POST', body })).status).toBe(201);
    const statusAt = async ({ caller }: BackendProcess) =>
      ((await caller.api('/principals/ana')).json as { status?: string }).status;
    await until(async () => (await statusAt(deaf)) === 'active');
    await admin.call('ACL', 'SETUSER', 'deaf', '-xread');
    // Its last read ends with the next message, and the one after that is refused.
    await until(async () => ((await admin.call('ACL', 'LOG')) as unknown[]).length > 0);
    expect((await hearing.caller.post('/principals/ana/revoke')).status).toBe(202);
    const answer = await deaf.caller.post('/principals/ana/restore');
    expect(answer).toMatchObject({ status: 503, json: { code: 'token_store_unavailable' } });
    await admin.call('ACL', 'SETUSER', 'deaf', '+xread');
    await until(async () => (await deaf.caller.post('/principals/ana/restore')).status === 202);
    await until(async () => (await statusAt(hearing)) === 'active');
    await Promise.all([hearing, deaf].map((one) => one.end('SIGTERM')));
    admin.disconnect();
    await redis.remove();
  });
});

itLeaksNoToken();
