import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './process/ports.ts';
import { RedisServer, type RedisServerSettings } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

const run = promisify(execFile);

/**
 * A real Redis Cluster of three masters, each with `replicas` replicas. Clients
 * are led to the proxies in front of the nodes.
 */
export class RedisCluster {
  private constructor(
    readonly servers: readonly RedisServer[],
    readonly proxies: readonly TcpProxy[],
  ) {}

  /** @param settings as on the command line of redis-server, of each node */
  static async start({
    replicas = 0,
    settings = {},
  }: {
    replicas?: number;
    settings?: RedisServerSettings;
  } = {}): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: 3 * (1 + replicas) }, async () => {
        const port = await freePort();
        const proxy = await TcpProxy.to(port);
        const server = await RedisServer.start({
          port,
          settings: {
            'cluster-enabled': 'yes',
            'cluster-node-timeout': '2000',
            'cluster-announce-ip': '127.0.0.1',
            'cluster-announce-port': String(proxy.port),
            'cluster-announce-bus-port': String(port + 10_000),
            ...settings,
          },
        });
        return { server, proxy };
      }),
    );
    const cluster = new RedisCluster(
      nodes.map(({ server }) => server),
      nodes.map(({ proxy }) => proxy),
    );
    await cluster.join(replicas);
    return cluster;
  }

  /** As VX11_REDIS_CLUSTER wants them. */
  get nodes(): string {
    return this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** The server that is the master of the key's slot now. */
  async ownerOf(key: string): Promise<RedisServer | undefined> {
    for (const { port } of this.servers) {
      const owner = await askOwner(port, key).catch(() => undefined);
      if (owner === undefined) continue;
      return this.servers[this.proxies.findIndex((proxy) => proxy.port === owner)];
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await Promise.all(this.servers.map((server) => server.remove()));
  }

  private async join(replicas: number): Promise<void> {
    const nodes = this.servers.map(({ port }) => `127.0.0.1:${port}`);
    const options = ['--cluster-replicas', String(replicas), '--cluster-yes'];
    await run('redis-cli', ['--cluster', 'create', ...nodes, ...options]);
    // Every node must say that every slot is served.
    for (const { port } of this.servers) {
      for (;;) {
        const { stdout } = await run('redis-cli', ['-p', String(port), 'CLUSTER', 'INFO']);
        if (stdout.includes('cluster_state:ok')) break;
      }
    }
    if (replicas > 0) await this.replicated();
  }

  /** Every replica has what its master has: only then may it follow it. */
  private async replicated(): Promise<void> {
    for (const { port } of this.servers) {
      for (;;) {
        const { stdout } = await run('redis-cli', ['-p', String(port), 'INFO', 'replication']);
        const follows = stdout.includes('master_link_status:up');
        if (follows || /connected_slaves:[1-9]/.test(stdout)) break;
      }
    }
  }
}

/** The announced port of the slot's master, as this node sees it. */
async function askOwner(port: number, key: string): Promise<number | undefined> {
  const cli = async (...command: string[]) =>
    (await run('redis-cli', ['-p', String(port), ...command])).stdout;
  const slot = Number(await cli('CLUSTER', 'KEYSLOT', key));
  for (const line of (await cli('CLUSTER', 'NODES')).split('\n')) {
    const [, address = '', flags = '', , , , , , ...ranges] = line.split(' ');
    if (!flags.includes('master') || flags.includes('fail')) continue;
    const owns = ranges.some((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number);
      return first <= slot && slot <= last;
    });
    if (owns) return Number(/:(\d+)@/.exec(address)?.[1]);
  }
  return undefined;
}
