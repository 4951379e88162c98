import { readFileSync } from 'node:fs';
import { ConfigError, type Config } from '../config/config.js';
import { registerSecret } from '../kernel/redaction.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** How to connect to Redis. */
export interface RedisSettings {
  readonly kind: 'standalone' | 'sentinel' | 'cluster';
  /** The server, the Sentinels, or some nodes of the cluster. */
  readonly nodes: readonly HostPort[];
  /** Name of the master at the Sentinels. */
  readonly sentinelName: string;
  readonly sentinelPassword: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Absent: plain TCP. */
  readonly tls: { readonly ca?: string } | undefined;
  readonly prefix: string;
  /** Milliseconds that a command, or a connection attempt, may take. */
  readonly timeoutMs: number;
}

type RedisConfig = Pick<
  Config,
  | 'VX11_REDIS_URL'
  | 'VX11_REDIS_SENTINELS'
  | 'VX11_REDIS_SENTINEL_NAME'
  | 'VX11_REDIS_SENTINEL_PASSWORD'
  | 'VX11_REDIS_CLUSTER'
  | 'VX11_REDIS_USERNAME'
  | 'VX11_REDIS_PASSWORD'
  | 'VX11_REDIS_TLS'
  | 'VX11_REDIS_TLS_CA'
  | 'VX11_REDIS_PREFIX'
  | 'VX11_REDIS_TIMEOUT_MS'
>;

/** Whether the configuration names a Redis. */
export function usesRedis(config: RedisConfig): boolean {
  return waysOf(config).length > 0;
}

/**
 * The settings from the environment. From now on all output masks the passwords.
 * @throws ConfigError when they name no Redis, several, or an unusable one
 */
export function redisSettings(config: RedisConfig): RedisSettings {
  const [way, ...others] = waysOf(config);
  if (way === undefined || others.length > 0) {
    throw new ConfigError([
      'set one of VX11_REDIS_URL, VX11_REDIS_SENTINELS and VX11_REDIS_CLUSTER, not several',
    ]);
  }
  const settings = {
    sentinelName: config.VX11_REDIS_SENTINEL_NAME,
    sentinelPassword: config.VX11_REDIS_SENTINEL_PASSWORD,
    username: config.VX11_REDIS_USERNAME,
    password: config.VX11_REDIS_PASSWORD,
    database: 0,
    tls: config.VX11_REDIS_TLS ? tlsOf(config) : undefined,
    prefix: config.VX11_REDIS_PREFIX,
    timeoutMs: config.VX11_REDIS_TIMEOUT_MS,
    ...(config.VX11_REDIS_URL === undefined
      ? { kind: way, nodes: hostPorts(config) }
      : fromUrl(config.VX11_REDIS_URL, config)),
  };
  for (const secret of [settings.password, settings.sentinelPassword]) {
    if (secret !== undefined) registerSecret(secret);
  }
  return settings;
}

/** Where Redis is, for log lines and errors: without credentials. */
export function describeRedis({ kind, nodes, tls }: RedisSettings): string {
  const list = nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return `${kind} ${list}${tls ? ' (TLS)' : ''}`;
}

function waysOf(config: RedisConfig): RedisSettings['kind'][] {
  return [
    ...(config.VX11_REDIS_URL === undefined ? [] : (['standalone'] as const)),
    ...(config.VX11_REDIS_SENTINELS.length === 0 ? [] : (['sentinel'] as const)),
    ...(config.VX11_REDIS_CLUSTER.length === 0 ? [] : (['cluster'] as const)),
  ];
}

function fromUrl(
  text: string,
  config: RedisConfig,
): Partial<RedisSettings> & Pick<RedisSettings, 'kind' | 'nodes'> {
  if (!URL.canParse(text)) throw new ConfigError(['VX11_REDIS_URL is not a URL']);
  const url = new URL(text);
  const database = url.pathname.replace(/^\//, '') || '0';
  if (url.hostname === '' || !/^\d{1,5}$/.test(database)) {
    throw new ConfigError(['VX11_REDIS_URL must look like redis://host:6379/0']);
  }
  return {
    kind: 'standalone',
    nodes: [{ host: bare(url.hostname), port: Number(url.port || 6379) }],
    database: Number(database),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: tlsOf(config) } : {}),
  };
}

function hostPorts(config: RedisConfig): HostPort[] {
  return [...config.VX11_REDIS_SENTINELS, ...config.VX11_REDIS_CLUSTER].map((text) => {
    const colon = text.lastIndexOf(':');
    return { host: bare(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
  });
}

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function tlsOf({ VX11_REDIS_TLS_CA: file }: RedisConfig): { ca?: string } {
  if (file === undefined) return {};
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (cause) {
    throw new ConfigError([
      `VX11_REDIS_TLS_CA (${file}) cannot be read: ${(cause as Error).message}`,
    ]);
  }
}
