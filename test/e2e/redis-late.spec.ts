// @needs redis-server
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { loadConfig } from '../../src/config/config.js';
import type { Position } from '../../src/events/position.js';
import { RedisClient } from '../../src/redis/client.js';
import { redisSettings } from '../../src/redis/settings.js';
import { RedisUnavailable } from '../../src/redis/unavailable.js';
import { startBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { newEvents } from '../support/new-event.js';
import { openRedisLog } from '../support/redis-logs.js';
import { RedisServer } from '../support/redis-server.js';
import { quiet } from '../support/redis-under-test.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.js';

/** Enough for a command of a Redis that runs, short for one that is paused. Milliseconds. */
const TIMEOUT_MS = '200';

describe('a backend whose Redis is late', () => {
  it('starts when Redis does', async () => {
    const port = createServer((socket) => socket.destroy());
    port.listen(0, '127.0.0.1');
    await once(port, 'listening');
    const { port: number } = port.address() as AddressInfo;
    const starting = startBackend({ VX11_REDIS_URL: `redis://127.0.0.1:${number}` });
    await once(port, 'connection');
    port.close();
    await once(port, 'close');
    const redis = await RedisServer.start({ port: number });
    const backend = await starting;
    expect(backend.log.join('')).toContain('Redis does not answer');
    expect((await backend.caller.publish(event({ type: 'redis.late' }))).status).toBe(202);
    expect((await ask(backend.url, '/readyz')).status).toBe(200);
    await backend.close();
    await redis.remove();
  });

  it.each([
    ['the bus', 'eval', 'to open the bus'],
    ['the revocations', 'hgetall', 'to read the revocations'],
    ['the audit trail', 'xrevrange', 'to open the audit trail'],
    ['the event log', 'xlen', 'to open the event log'],
  ])('waits while Redis does not let it read %s', async (_, command, what) => {
    const password = 'a-password-of-redis';
    const user = ['vx11', 'on', `>${password}`, '~*', '&*', '+@all', `-${command}`];
    const redis = await RedisServer.start({ settings: { user } });
    const admin = new Redis({ port: redis.port, host: '127.0.0.1' });
    const starting = startBackend({
      VX11_REDIS_URL: `redis://vx11:${password}@127.0.0.1:${redis.port}`,
    });
    await until(async () => ((await admin.call('ACL', 'LOG')) as unknown[]).length > 0);
    await admin.call('ACL', 'SETUSER', 'vx11', '+@all');
    const backend = await starting;
    const waits = backend.log.filter((line) => line.includes('waiting for Redis'));
    expect(waits.map((line) => (JSON.parse(line) as { what: string }).what)).toContain(what);
    expect((await ask(backend.url, '/readyz')).status).toBe(200);
    await backend.close();
    admin.disconnect();
    await redis.remove();
  });
});

it('a revocation says that it is in effect, and is announced, though no token could be ended', async () => {
  const password = 'a-password-of-redis';
  const user = ['vx11', 'on', `>${password}`, '~*', '&*', '+@all'];
  const redis = await RedisServer.start({ settings: { user } });
  const admin = new Redis({ port: redis.port, host: '127.0.0.1' });
  const backend = await startBackend({
    VX11_REDIS_URL: `redis://vx11:${password}@127.0.0.1:${redis.port}`,
  });
  const { caller } = backend;
  const stream = await caller.stream();
  const body = { id: 'ana', scopes: ['events:read'] };
  expect((await caller.api('/principals', { method: 'POST', body })).status).toBe(201);
  // All keys but those of tokens.
  await admin.call('ACL', 'SETUSER', 'vx11', 'resetkeys', '~{vx11:[^t]*');
  const answer = await caller.post('/principals/ana/revoke');
  expect(answer).toMatchObject({ status: 503, json: { code: 'token_store_unavailable' } });
  expect(answer.json.detail).toContain('The principal is revoked');
  const announced = await stream.ofType('vx11.security.principal_revoked');
  expect(announced.data.data).toMatchObject({ principal_id: 'ana' });
  expect((await caller.api('/principals/ana')).json).toMatchObject({ status: 'revoked' });
  await admin.call('ACL', 'SETUSER', 'vx11', '~*');
  await stream.close();
  await backend.close();
  admin.disconnect();
  await redis.remove();
});

describe('a backend whose Redis goes away while it starts', () => {
  it('starts all the same, whatever it was reading', async () => {
    const redis = await RedisServer.start();
    const way = await TcpProxy.to(redis.port);
    const env = { VX11_REDIS_URL: `redis://127.0.0.1:${way.port}` };
    const filled = await startBackend(env);
    await filled.caller.publish(event({ type: 'redis.away' }));
    await filled.close();
    let hasBroken = true;
    let answers = 0;
    for (let answer = 1; hasBroken; answer += 1) {
      way.breakAtAnswer(answer);
      const backend = await startBackend(env).catch((error: unknown) => {
        throw new Error(`It does not start when answer ${answer} is missing.`, { cause: error });
      });
      ({ hasBroken } = way);
      way.breakAtAnswer(Infinity);
      await until(async () => (await ask(backend.url, '/readyz')).status === 200);
      await backend.close();
      answers = answer;
    }
    // What a start asks of Redis: enough to have broken it in many places.
    expect(answers).toBeGreaterThan(10);
    await way.close();
    await redis.remove();
  });
});

describe('an index of the log that Redis does not give at once', () => {
  const EVENTS = 4_500;
  let redis: RedisServer;
  let way: TcpProxy;
  let written: Position[];
  const connect = async (url: string) => {
    const client = new RedisClient(redisSettings(loadConfig({ VX11_REDIS_URL: url })), quiet);
    await client.connect();
    return client;
  };
  const open = (client: RedisClient) => openRedisLog(client, { length: 10_000, ringLength: 500 });
  const commands = async (client: RedisClient) =>
    Number(
      /cmdstat_xrange:calls=(\d+)/.exec(String(await client.send('INFO', ['commandstats'])))?.[1],
    );

  beforeEach(async () => {
    redis = await RedisServer.start();
    way = await TcpProxy.to(redis.port);
    const client = await connect(redis.url);
    const { log, reader } = await open(client);
    const { positions } = await log.append(newEvents(EVENTS));
    written = positions as Position[];
    await log.close();
    await reader.stop();
    await client.close();
  });
  afterEach(async () => {
    await way.close();
    await redis.remove();
  });

  it('goes on where it was, instead of beginning again', async () => {
    const direct = await connect(redis.url);
    await direct.send('CONFIG', ['RESETSTAT']);
    const whole = await connect(`redis://127.0.0.1:${way.port}`);
    const first = await open(whole);
    await first.log.close();
    await first.reader.stop();
    const atOnce = await commands(direct);

    await direct.send('CONFIG', ['RESETSTAT']);
    // Of the answers about the log, one of the last.
    way.breakAtAnswer(atOnce - 1);
    const { log, reader } = await open(whole);
    expect(way.hasBroken).toBe(true);
    // The page that was lost, and a look whether its newest event is still there.
    expect(await commands(direct)).toBeLessThan(atOnce + 4);
    const read: Position[] = [];
    for (let after: Position | undefined; read.length < EVENTS;) {
      const { events } = await log.read({ limit: 1000, ...(after && { after }) });
      read.push(...events.map(({ position }) => position));
      after = read.at(-1);
    }
    expect(read).toEqual(written);
    await log.close();
    await reader.stop();
    await whole.close();
    await direct.close();
  });
});

describe('what a start needs from Redis', () => {
  let redis: RedisServer;
  let client: RedisClient;
  const warnings: object[] = [];
  beforeEach(async () => {
    redis = await RedisServer.start();
    const env = { VX11_REDIS_URL: redis.url, VX11_REDIS_TIMEOUT_MS: TIMEOUT_MS };
    warnings.length = 0;
    client = new RedisClient(redisSettings(loadConfig(env)), {
      info: () => {},
      warn: (line: object) => void warnings.push(line),
    });
    await client.connect();
  });
  afterEach(async () => {
    await client.close();
    await redis.remove();
  });

  const read = () =>
    client.whenAnswering('to read', () => client.send('EXISTS', [client.key('any')]));

  it('is read again while a connected Redis gives no answer in time', async () => {
    redis.pause();
    const answer = read();
    await until(() => warnings.some((line) => 'what' in line));
    redis.resume();
    expect(await answer).toBe(0);
  });

  it('ends with the reason when the client is closed', async () => {
    await redis.end();
    const failure = read().catch((error: unknown) => error);
    await until(() => warnings.some((line) => 'what' in line));
    await client.close();
    expect(await failure).toBeInstanceOf(RedisUnavailable);
  });

  it('is not repeated when it fails for another reason than Redis', async () => {
    let calls = 0;
    const broken = client.whenAnswering('to read', () => {
      calls += 1;
      throw new TypeError('a fault of the code');
    });
    await expect(broken).rejects.toThrow('a fault of the code');
    expect(calls).toBe(1);
  });
});

itLeaksNoToken();
