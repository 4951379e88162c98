import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { loadConfig } from '../../src/config/config.js';
import { newId } from '../../src/kernel/ids.js';
import { RedisClient } from '../../src/redis/client.js';
import { redisSettings } from '../../src/redis/settings.js';
import { RedisUnavailable } from '../../src/redis/unavailable.js';
import { RedisCluster } from './redis-cluster.js';
import { RedisServer } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

export const quiet = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/** On a busy machine a test must not mistake slowness for an outage. */
const PATIENT_MS = 10_000;

/** What instances that share a Redis share besides. */
const KEYS = { VX11_TOKEN_KEYS: randomBytes(32).toString('base64url') };

export const REDIS_KINDS = ['standalone', 'cluster'] as const;

/** A Redis for the tests of one file, with a way to it that can be cut. */
export class RedisUnderTest {
  /** To each server, past the proxies. */
  readonly direct: readonly Redis[];

  private constructor(
    /** The variables that lead to it. */
    readonly env: Readonly<Record<string, string>>,
    readonly servers: readonly RedisServer[],
    readonly proxies: readonly TcpProxy[],
  ) {
    this.direct = servers.map(({ port }) => new Redis({ port, host: '127.0.0.1' }));
  }

  /** One server, or a cluster of three masters. */
  static async start(kind: (typeof REDIS_KINDS)[number]): Promise<RedisUnderTest> {
    if (kind === 'cluster') {
      const { nodes, servers, proxies } = await RedisCluster.start();
      return new RedisUnderTest({ VX11_REDIS_CLUSTER: nodes, ...KEYS }, servers, proxies);
    }
    const server = await RedisServer.start();
    const proxy = await TcpProxy.to(server.port);
    const url = `redis://127.0.0.1:${proxy.port}`;
    return new RedisUnderTest({ VX11_REDIS_URL: url, ...KEYS }, [server], [proxy]);
  }

  /** Connected, with keys that nobody else uses unless a prefix is given. */
  async connect(prefix = newId('test'), timeoutMs = PATIENT_MS): Promise<RedisClient> {
    const config = loadConfig({
      VX11_REDIS_PREFIX: prefix,
      VX11_REDIS_TIMEOUT_MS: String(timeoutMs),
      ...this.env,
    });
    const client = new RedisClient(redisSettings(config), quiet);
    await client.connect();
    return client;
  }

  /** Every key goes. */
  async flush(): Promise<void> {
    await Promise.all(this.direct.map((server) => server.flushall()));
  }

  cut(): void {
    for (const proxy of this.proxies) proxy.cut();
  }

  /** Resolves when these clients can reach all of it again. */
  async restore(...clients: readonly RedisClient[]): Promise<void> {
    for (const proxy of this.proxies) proxy.restore();
    for (const client of clients) await answering(client);
  }

  async stop(): Promise<void> {
    for (const connection of this.direct) connection.disconnect();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await Promise.all(this.servers.map((server) => server.remove()));
  }
}

/** Keys of so many names lie on every node. */
const NAMES = Array.from({ length: 64 }, (_, index) => `tokens:${index}`);

async function answering(client: RedisClient): Promise<void> {
  for (const name of NAMES) {
    for (;;) {
      try {
        await client.send('EXISTS', [client.key(name)]);
        break;
      } catch (error) {
        if (!(error instanceof RedisUnavailable)) throw error;
        await new Promise(setImmediate);
      }
    }
  }
}
