import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort, RedisServer } from './redis-server.js';
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

  static async start({ replicas = 0 } = {}): Promise<RedisCluster> {
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
  }
}
