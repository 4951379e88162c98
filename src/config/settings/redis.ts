import { hostPort, redisUrl, type Format } from '../formats.js';
import { Flag, Int, List, Text } from '../setting.js';

const redisPrefix: Format = (text) =>
  /^[A-Za-z0-9._:-]{1,64}$/.test(text) ? undefined : 'must be 1 to 64 of A-Z a-z 0-9 . _ : -';

/** Redis, which several instances share. */
export class SharedSettings {
  @Text(
    undefined,
    'Redis with the state that instances share: redis[s]://[user:password@]host[:port][/database]. Absent, as the two below: embedded, one instance.',
    {
      example: 'redis://127.0.0.1:6379',
      format: redisUrl,
      secret: true,
    },
  )
  VX11_REDIS_URL: string | undefined;

  @List('', 'Sentinels that know the Redis master, instead of VX11_REDIS_URL.', {
    format: hostPort,
  })
  VX11_REDIS_SENTINELS: string[];

  @Text('mymaster', 'Name of the master at the Sentinels.')
  VX11_REDIS_SENTINEL_NAME: string;

  @Text(undefined, 'Password of the Sentinels themselves.', { secret: true })
  VX11_REDIS_SENTINEL_PASSWORD: string | undefined;

  @List('', 'Some nodes of a Redis Cluster, instead of VX11_REDIS_URL.', { format: hostPort })
  VX11_REDIS_CLUSTER: string[];

  @Text(undefined, 'Redis ACL user, unless the URL names one.', { secret: true })
  VX11_REDIS_USERNAME: string | undefined;

  @Text(undefined, 'Redis password, unless the URL holds one.', { secret: true })
  VX11_REDIS_PASSWORD: string | undefined;

  @Flag(false, 'TLS to the nodes of VX11_REDIS_SENTINELS or VX11_REDIS_CLUSTER.')
  VX11_REDIS_TLS: boolean;

  @Text(undefined, "PEM file with the authority that signed Redis's certificate.", {
    example: '/etc/vx11/redis-ca.pem',
  })
  VX11_REDIS_TLS_CA: string | undefined;

  @Text(
    'vx11',
    'Every key in Redis begins with it; systems that share a Redis need different ones.',
    {
      format: redisPrefix,
    },
  )
  VX11_REDIS_PREFIX: string;

  @Int(1000, 'Milliseconds that a Redis command may take.', { min: 50, max: 60_000, unit: 'ms' })
  VX11_REDIS_TIMEOUT_MS: number;

  @Int(
    0,
    'Replicas that must have an event before its 202. Above 0, a failover loses no accepted event.',
    { min: 0, max: 10, unit: 'replicas' },
  )
  VX11_REDIS_REPLICAS: number;
}
