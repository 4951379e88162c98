import { Redis } from 'ioredis';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** The key of the event log; every topology of a run is its own. */
export const LOG = '{vx11:events}:log';
const PAGE = 5_000;

/** Where the instances' common state is, and what can be done to it. */
export interface Topology {
  readonly name: string;
  /** The variables that lead the instance of this number to it. */
  env(instance: number): Record<string, string>;
  /** Ways that can be cut, blocked and slowed, one for each instance; none in some. */
  readonly links: readonly TcpProxy[];
  /** The server that has the event log now; nothing without Redis. */
  owner(): Promise<RedisServer | undefined>;
  stop(): Promise<void>;
}

/** The embedded mode: one instance and its SQLite file. */
export function embedded(): Topology {
  return {
    name: 'embedded, no Redis',
    env: () => ({}),
    links: [],
    owner: async () => undefined,
    stop: async () => undefined,
  };
}

/** A Redis that has written each change to its file before it says so. */
const DURABLE = { appendonly: 'yes', appendfsync: 'always' };

export async function standalone(instances: number): Promise<Topology> {
  const server = await RedisServer.start({ settings: DURABLE });
  const links: TcpProxy[] = [];
  for (let instance = 0; instance < instances; instance += 1) {
    links.push(await TcpProxy.to(server.port));
  }
  return {
    name: 'one Redis, appendonly, appendfsync always',
    env: (instance) => ({ VX11_REDIS_URL: `redis://127.0.0.1:${links[instance]?.port}` }),
    links,
    owner: async () => server,
    async stop() {
      await Promise.all(links.map((link) => link.close()));
      await server.remove();
    },
  };
}

export interface Safety {
  /** VX11_REDIS_REPLICAS, and min-replicas-to-write on the servers. */
  readonly replicas: number;
  /** By how much the replica lags, milliseconds. */
  readonly lagMs: number;
}

export async function sentinel({ replicas, lagMs }: Safety): Promise<Topology> {
  const redis = await RedisSentinel.start({ settings: { ...DURABLE, ...minReplicas(replicas) } });
  redis.replication.slow(lagMs);
  return {
    name: `three Sentinels, one master, one replica that lags by ${lagMs} ms`,
    env: () => ({ VX11_REDIS_SENTINELS: redis.nodes, VX11_REDIS_REPLICAS: String(replicas) }),
    links: [],
    async owner() {
      const port = await redis.master();
      return redis.servers.find((server) => server.port === port);
    },
    stop: () => redis.stop(),
  };
}

export async function cluster({ replicas }: Pick<Safety, 'replicas'>): Promise<Topology> {
  const redis = await RedisCluster.start({ replicas: 1, settings: minReplicas(replicas) });
  return {
    name: 'Redis Cluster, three masters with one replica each',
    env: () => ({ VX11_REDIS_CLUSTER: redis.nodes, VX11_REDIS_REPLICAS: String(replicas) }),
    links: [],
    owner: () => redis.ownerOf(LOG),
    stop: () => redis.stop(),
  };
}

function minReplicas(replicas: number): Record<string, string> {
  return replicas === 0
    ? {}
    : { 'min-replicas-to-write': String(replicas), 'min-replicas-max-lag': '10' };
}

/** The ids of the log's events, in its order; nothing without Redis. */
export async function* logOf(topology: Topology): AsyncGenerator<object, void, void> {
  const server = await topology.owner();
  if (!server) return;
  const redis = new Redis({ port: server.port, host: '127.0.0.1' });
  try {
    for (let from = '-'; ;) {
      const entries = await redis.xrange(LOG, from, '+', 'COUNT', PAGE);
      for (const [, fields] of entries) {
        const json = fields[fields.indexOf('e') + 1];
        if (json !== undefined) yield JSON.parse(json) as object;
      }
      const last = entries.at(-1);
      if (!last || entries.length < PAGE) return;
      from = `(${last[0]}`;
    }
  } finally {
    redis.disconnect();
  }
}
