import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { backoff } from './backoff.js';
import type { HostPort, RedisSettings } from './settings.js';

/** Milliseconds between two looks at the cluster's map of slots. */
const SLOTS_REFRESH_MS = 2_000;

/** Without what is for RESP3 only. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/**
 * Commands fail at once while there is no connection, and are never sent again
 * behind the caller's back: who asked knows best whether to ask once more.
 */
function common(settings: RedisSettings): Options {
  const { username, password, database, tls, timeoutMs } = settings;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    db: database,
    connectionName: 'vx11-operator',
    // RESP2: one shape of each reply, whatever the server's version.
    protocol: 2,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    // A peer that is gone without a word is noticed by its silence.
    socketTimeout: 2 * timeoutMs,
    keepAlive: 10_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A master that was demoted under our feet.
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

/** The connection for commands; connects again by itself for as long as it lives. */
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
    // Nodes are connected to when they are first needed; without the queue that would fail.
    enableOfflineQueue: true,
    clusterRetryStrategy: (attempt) => backoff(attempt),
    slotsRefreshTimeout: timeoutMs,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // A certificate is for a name; resolving it first would lose that.
    ...(tls === undefined
      ? {}
      : {
          dnsLookup: (name, callback: (error: null, name: string) => void) => callback(null, name),
        }),
  });
}

/**
 * A connection for blocking reads, to be used until it fails and then thrown away.
 * @param node where to connect in a cluster
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
