/**
 * Every way to a Redis that the configuration can name, against real servers.
 * @needs redis-server openssl
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../../src/config/config.js';
import { RedisClient } from '../../src/redis/client.js';
import { LuaScript } from '../../src/redis/lua-script.js';
import { redisSettings } from '../../src/redis/settings.js';
import { startBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { freePort } from '../support/process/ports.ts';
import { RedisServer, type RedisServerSettings } from '../support/redis-server.js';
import { quiet } from '../support/redis-under-test.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';

const PASSWORD = 'a-password-of-redis';
const INCREMENT = new LuaScript("return redis.call('INCR', KEYS[1])");

describe('a Redis', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-ways-'));
  const file = (name: string) => join(directory, name);
  const servers: RedisServer[] = [];
  const clients: RedisClient[] = [];

  async function server(settings: RedisServerSettings, port?: number): Promise<RedisServer> {
    const started = await RedisServer.start({ settings, ...(port === undefined ? {} : { port }) });
    servers.push(started);
    return started;
  }

  async function connect(env: Record<string, string>): Promise<RedisClient> {
    const client = new RedisClient(redisSettings(loadConfig(env)), quiet);
    clients.push(client);
    await client.connect();
    return client;
  }

  afterAll(async () => {
    for (const client of clients) await client.close();
    for (const one of servers) await one.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  describe('that wants a user and a password', () => {
    let port: number;
    beforeAll(async () => {
      const user = ['vx11', 'on', `>${PASSWORD}`, ...documentedRights()];
      ({ port } = await server({ requirepass: PASSWORD, user }));
    });

    it.each([
      ['in the URL, the default user', () => `redis://:${PASSWORD}@127.0.0.1:${port}`, {}],
      ['in the URL, an ACL user', () => `redis://vx11:${PASSWORD}@127.0.0.1:${port}`, {}],
      [
        'in variables of their own',
        () => `redis://127.0.0.1:${port}`,
        { VX11_REDIS_USERNAME: 'vx11', VX11_REDIS_PASSWORD: PASSWORD },
      ],
    ])('takes them %s', async (_, url, env) => {
      const client = await connect({ VX11_REDIS_URL: url(), ...env });
      const key = client.key('tokens:1', 'x');
      await expect(client.send('SET', [key, '1', 'PX', 1000])).resolves.toBe('OK');
    });

    it('lets a backend do all of its work with the rights that the documentation names', async () => {
      const backend = await startBackend({
        VX11_REDIS_URL: `redis://vx11:${PASSWORD}@127.0.0.1:${port}`,
        VX11_ISSUE_RATE_LIMIT: '1000',
      });
      const reader = await backend.caller.stream();
      await reader.named('snapshot');
      await backend.caller.publish(event({ type: 'with.few.rights' }));
      await reader.ofType('with.few.rights');
      expect((await ask(backend.url, '/readyz')).status).toBe(200);
      expect((await backend.caller.api('/streams')).json.streams).toHaveLength(1);
      expect(
        (await backend.caller.post('/principals/operator/revoke?confirm=last_administrator'))
          .status,
      ).toBe(202);
      expect((await reader.named('goodbye')).data.reason).toBe('revoked');
      await backend.close();
    });

    it('ends the start with words when it refuses them, and does not repeat the password', async () => {
      const wrong = connect({ VX11_REDIS_URL: `redis://:not-${PASSWORD}@127.0.0.1:${port}` });
      const error: unknown = await wrong.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain('refuses the user or the password');
      expect(String(error)).not.toContain(PASSWORD);
    });
  });

  describe('behind TLS', () => {
    let port: number;
    beforeAll(async () => {
      const request =
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
      const files = ['-keyout', file('key.pem'), '-out', file('cert.pem')];
      execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'pipe' });
      port = await freePort();
      await server(
        {
          'tls-port': String(port),
          'tls-cert-file': file('cert.pem'),
          'tls-key-file': file('key.pem'),
          'tls-ca-cert-file': file('cert.pem'),
          'tls-auth-clients': 'no',
        },
        await freePort(),
      );
    });

    it('is reached with the authority that signed its certificate', async () => {
      const client = await connect({
        VX11_REDIS_URL: `rediss://localhost:${port}`,
        VX11_REDIS_TLS_CA: file('cert.pem'),
      });
      await expect(client.send('PING', [])).resolves.toBe('PONG');
    });

    it('is not believed without it', async () => {
      const settings = redisSettings(loadConfig({ VX11_REDIS_URL: `rediss://localhost:${port}` }));
      const warnings: unknown[] = [];
      const doubtful = new RedisClient(settings, {
        info: () => {},
        warn: (...words: unknown[]) => void warnings.push(words),
      });
      const connecting = doubtful.connect();
      while (warnings.length === 0) await new Promise(setImmediate);
      expect(doubtful.connected).toBe(false);
      expect(JSON.stringify(warnings)).toContain('SELF_SIGNED_CERT');
      await doubtful.close();
      await expect(connecting).rejects.toThrow('self-signed certificate');
    });
  });

  it('is found by its Sentinels, also after they have made another one the master', async () => {
    const sentinels = await RedisSentinel.start();
    try {
      const client = await connect({ VX11_REDIS_SENTINELS: sentinels.nodes });
      const master = await sentinels.master();
      await client.send('SET', [client.key('x'), 'kept']);
      await client.runReplicated(INCREMENT, [client.key('n')], [], 1);
      await sentinels.servers.find(({ port }) => port === master)?.end('SIGKILL');
      let answer: unknown;
      while (answer === undefined) {
        answer = await client.send('GET', [client.key('n')]).catch(() => undefined);
        await new Promise(setImmediate);
      }
      expect(answer).toBe('1');
      // The one that the client has asked may know it before the others do.
      await until(async () => (await sentinels.master()) !== master);
    } finally {
      await sentinels.stop();
    }
  });

  it('that hangs does not hang its callers, and is used again when it goes on', async () => {
    const hanging = await server({});
    const client = await connect({ VX11_REDIS_URL: hanging.url, VX11_REDIS_TIMEOUT_MS: '100' });
    hanging.pause();
    await expect(client.send('PING', [])).rejects.toMatchObject({ uncertain: true });
    hanging.resume();
    let answer: unknown;
    while (answer !== 'PONG') answer = await client.send('PING', []).catch(() => undefined);
    expect(answer).toBe('PONG');
  });
});

/** The rights of an ACL user, as docs/operational/redis.md names them. */
function documentedRights(): string[] {
  const text = readFileSync('docs/operational/redis.md', 'utf8');
  const rights = /An ACL user needs no more than `([^`]+)`/.exec(text)?.[1];
  if (rights === undefined) throw new Error('docs/operational/redis.md names no rights');
  return rights.split(' ');
}

itLeaksNoToken();
