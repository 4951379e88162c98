import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { backoff } from './backoff.js';
import type { HostPort, RedisSettings } from './settings.js';

/** Milliseconds between two readings of the cluster's slots. */
const SLOTS_REFRESH_MS = 2_000;

/** Without what is for RESP3 only. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/**
 * Commands fail at once while there is no connection, and ioredis never repeats one by
 * itself: only the caller knows whether a repeat is safe.
 */
function common(settings: RedisSettings): Options {
  const { username, password, database, tls, timeoutMs } = settings;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    db: database,
    connectionName: 'vx11-operator',
    // RESP2: replies have the same shape on every version of the server.
    protocol: 2,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    // Detects a server that is gone without having closed the connection.
    socketTimeout: 2 * timeoutMs,
    keepAlive: 10_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // The server was a master and has become a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function at(settings: RedisSettings, node: HostPort | undefined): Options {
  const { kind, nodes, sentinelName, sentinelPassword, tls } = settings;
  if (node !== undefined) return { ...node };
  if (kind !== 'sentinel') return { ...nodes[0] };
  return {
    sentinels: [...nodes],
    name: sentinelName,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
    sentinelRetryStrategy: (attempt) => backoff(attempt),
    sentinelCommandTimeout: settings.timeoutMs,
    failoverDetector: true,
  };
}

/** The connection for commands. It reconnects by itself. */
export function commandConnection(settings: RedisSettings): Redis | Cluster {
  if (settings.kind !== 'cluster') {
    return new Redis({
      ...common(settings),
      ...at(settings, undefined),
      enableOfflineQueue: false,
      retryStrategy: (attempt) => backoff(attempt),
    });
  }
  const { tls, timeoutMs } = settings;
  return new Cluster([...settings.nodes], {
    redisOptions: common(settings),
    lazyConnect: true,
    // Nodes are connected on first use. Without the queue that command would fail.
    enableOfflineQueue: true,
    clusterRetryStrategy: (attempt) => backoff(attempt),
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A certificate names a host, so the host name must not be resolved to an address first.
    ...(tls === undefined
      ? {}
      : {
          dnsLookup: (name, callback: (error: null, name: string) => void) => callback(null, name),
        }),
  });
}

/**
 * A connection for blocking reads. It does not reconnect: replace it after a failure.
 * @param node the node of a cluster to connect to
 * @param blockMs how long a read may block, milliseconds
 */
export function blockingConnection(
  settings: RedisSettings,
  node: HostPort | undefined,
  blockMs: number,
): Redis {
  const { timeoutMs } = settings;
  return new Redis({
    ...common(settings),
    ...at(settings, node),
    connectionName: 'vx11-operator-reader',
    socketTimeout: blockMs + timeoutMs,
    retryStrategy: null,
  });
}
