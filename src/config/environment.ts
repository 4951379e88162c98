import {
  canonicalOrigin,
  hostPort,
  listenAddress,
  proxyRange,
  redisUrl,
  webAddress,
  webOrigin,
  type Format,
} from './formats.js';
import { Flag, group, Int, List, OneOf, Port, Text } from './setting.js';

const redisPrefix: Format = (text) =>
  /^[A-Za-z0-9._:-]{1,64}$/.test(text) ? undefined : 'must be 1 to 64 of A-Z a-z 0-9 . _ : -';

const MINUTE = 60;
const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Every variable that the processes read. The names are the contract's; the
 * decorators validate, give the default and the text of `.env.example`. One
 * table in one place, so longer than other files.
 */
export class Environment {
  @group('Processes')
  @OneOf(
    ['development', 'production', 'test'],
    'development',
    'In production a start without a configured principal is refused.',
  )
  NODE_ENV: 'development' | 'production' | 'test';

  @Text('127.0.0.1', 'Listen address of every process.', { format: listenAddress })
  VX11_HOST: string;

  @Port(8000, 'Port of the gateway, tentaculo-link.')
  VX11_GATEWAY_PORT: number;

  @Port(8001, 'Port of the neighbour service madre.')
  VX11_MADRE_PORT: number;

  @Port(8002, 'Port of the panel, operator-frontend.')
  VX11_FRONTEND_PORT: number;

  @Port(8003, 'Port of the neighbour service switch.')
  VX11_SWITCH_PORT: number;

  @Port(8004, 'Port of the neighbour service hermes.')
  VX11_HERMES_PORT: number;

  @Port(8011, 'Port of operator-backend.')
  VX11_BACKEND_PORT: number;

  @Text('.data', 'Directory of the embedded event log and of the development token.')
  VX11_DATA_DIR: string;

  @OneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    'info',
    'Least severe log line that is written. debug adds one line for each request.',
  )
  VX11_LOG_LEVEL: string;

  @OneOf(
    ['auto', 'json', 'pretty'],
    'auto',
    'How log lines are written; auto: pretty on a terminal, else JSON.',
  )
  VX11_LOG_FORMAT: 'auto' | 'json' | 'pretty';

  @List(
    '',
    'Proxies whose X-Forwarded-* a service believes without the signature of VX11_HOP_KEYS: addresses, CIDR ranges, or loopback, linklocal, uniquelocal. Empty: none.',
    { format: proxyRange },
  )
  VX11_TRUSTED_PROXIES: string[];

  @group('Principals')
  @Text(
    undefined,
    'JSON file with the principals: [{"id","tokenSha256","scopes","filter"?,"rateLimit"?}].',
    { example: '/etc/vx11/principals.json' },
  )
  VX11_PRINCIPALS_FILE: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "operator").')
  VX11_OPERATOR_TOKEN: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "gateway").')
  VX11_GATEWAY_TOKEN: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "tentaculo-link").')
  VX11_TENTACULO_LINK_TOKEN: string | undefined;

  @Int(
    0,
    'Ephemeral tokens a second that one principal may have issued, unless its own rateLimit says otherwise. 0: no limit.',
    { min: 0, max: 1_000_000 },
  )
  VX11_ISSUE_RATE_LIMIT: number;

  @Text(
    undefined,
    'The token with which a neighbour publishes about itself. operator-backend takes it as a principal that may only publish (principal "neighbour").',
  )
  VX11_NEIGHBOUR_TOKEN: string | undefined;

  @group('Tokens')
  @Int(
    200_000,
    'Ephemeral tokens that may be alive at once; above it issuing answers 503 token_cache_full.',
    { min: 1, max: 10_000_000 },
  )
  VX11_TOKEN_CACHE_MAX: number;

  @Int(
    256 * MIB,
    'Bytes of memory that live ephemeral tokens may take on one instance, filters included; above it issuing answers 503 token_cache_full. One principal may use three quarters of this and of VX11_TOKEN_CACHE_MAX.',
    { min: MIB, max: 64 * 1024 * MIB },
  )
  VX11_TOKEN_CACHE_BYTES: number;

  @List(
    '',
    'Secret keys for token hashes, client bindings and grants in Redis, the current one first, then previous ones; each of at least 32 characters, the same on every instance. Required with Redis in production. Make one with: openssl rand -base64 32',
  )
  VX11_TOKEN_KEYS: string[];

  @Text(undefined, 'File with these keys, one a line, instead of VX11_TOKEN_KEYS.', {
    example: '/etc/vx11/token-keys',
  })
  VX11_TOKEN_KEYS_FILE: string | undefined;

  @OneOf(
    ['allow', 'same-client', 'deny'],
    'same-client',
    'Who may use an ephemeral token again inside its 60 seconds.',
  )
  VX11_SSE_TOKEN_REUSE: 'allow' | 'same-client' | 'deny';

  @OneOf(
    ['any', 'header', 'off'],
    'any',
    'Where a principal token may stand on the stream: header and query, header only, nowhere.',
  )
  VX11_SSE_PRINCIPAL_FALLBACK: 'any' | 'header' | 'off';

  @group('Streams')
  @Int(
    60 * MINUTE,
    'Greatest age of a stream in seconds; each ends at a random 80 to 100 % of it.',
    { min: 1, max: 7 * 24 * 60 * MINUTE },
  )
  VX11_STREAM_MAX_AGE: number;

  @Int(
    MIB,
    'Bytes that may wait for a client that does not read; above it the stream ends as slow_consumer.',
    { min: 64 * KIB, max: 1024 * MIB },
  )
  VX11_STREAM_BUFFER_BYTES: number;

  @Int(20_000, 'Streams that one instance carries.', { min: 1, max: 1_000_000 })
  VX11_STREAMS_MAX: number;

  @Int(15_000, 'Streams that one principal may have open.', { min: 1, max: 1_000_000 })
  VX11_STREAMS_PER_PRINCIPAL: number;

  @Int(100, 'Events in the snapshot that a stream begins with.', { min: 0, max: 1000 })
  VX11_SNAPSHOT_EVENTS: number;

  @Int(10, 'Seconds from the first goodbye of a shutdown to the last.', { min: 1, max: 3600 })
  VX11_DRAIN_SECONDS: number;

  @List('', "Origins, besides the gateway's own, whose pages may call the API (CORS).", {
    format: webOrigin,
    canonical: canonicalOrigin,
  })
  VX11_CORS_ORIGINS: string[];

  @group('Events')
  @Int(100_000, 'Events that the log keeps; older ones give way.', { min: 100, max: 100_000_000 })
  VX11_EVENT_LOG_LENGTH: number;

  @Int(
    20_000,
    'Events of the log that each instance also keeps in memory, for the tail and for most replays.',
    { min: 100, max: 1_000_000 },
  )
  VX11_EVENT_RING_LENGTH: number;

  @Int(
    7 * 24 * 60 * MINUTE,
    'Seconds that the log in Redis keeps an event at most. 0: as long as there is room.',
    { min: 0, max: 10 * 365 * 24 * 60 * MINUTE },
  )
  VX11_EVENT_LOG_MAX_AGE: number;

  @group('Gateway')
  @List(
    '',
    'operator-backend instances behind the gateway, as http://host:port. Empty: the one at VX11_BACKEND_PORT.',
    { format: webAddress },
  )
  VX11_BACKEND_URLS: string[];

  @List(
    '',
    'Keys by which operator-backend knows the gateway, of at least 32 characters. The gateway signs with the first, operator-backend believes any. Empty: in development one is made in VX11_DATA_DIR, else X-Forwarded-* needs VX11_TRUSTED_PROXIES.',
  )
  VX11_HOP_KEYS: string[];

  @List('', 'The same between the gateway and madre, switch and hermes.')
  VX11_NEIGHBOUR_HOP_KEYS: string[];

  @Flag(true, 'Whether the gateway serves /operator/; 0 answers 503 operator_disabled.')
  VX11_OPERATOR_PROXY_ENABLED: boolean;

  @Flag(false, "Whether the gateway serves operator-backend's API reference (/docs).")
  VX11_GATEWAY_PUBLIC_DOCS: boolean;

  @Flag(false, "Whether the gateway serves operator-backend's metrics (/metrics).")
  VX11_GATEWAY_PUBLIC_METRICS: boolean;

  @Port(8010, "Port of the gateway's own metrics.")
  VX11_GATEWAY_METRICS_PORT: number;

  @List(
    '',
    'Proxies in front of the gateway whose X-Forwarded-* is believed: addresses, CIDR ranges, or loopback, linklocal, uniquelocal. Empty: nobody.',
    { format: proxyRange },
  )
  VX11_GATEWAY_TRUSTED_PROXIES: string[];

  @Int(
    12_000,
    'Client connections that the gateway carries at once. Each stream needs two open files.',
    { min: 1, max: 1_000_000 },
  )
  VX11_GATEWAY_CONNECTIONS: number;

  @Int(
    1_000,
    'Connections that one address may have to the gateway; trusted proxies may have more. 0: no limit.',
    { min: 0, max: 1_000_000 },
  )
  VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: number;

  @Int(
    0,
    "Processes that share the gateway's port. 0: as many as the limit on open files asks for.",
    {
      min: 0,
      max: 64,
    },
  )
  VX11_GATEWAY_WORKERS: number;

  @Int(
    60,
    'Seconds for which the gateway trusts the revocations that it last received, when it reaches no operator-backend. After that it refuses principals with 503 revocations_unknown.',
    { min: 1, max: 7 * 24 * 60 * MINUTE },
  )
  VX11_GATEWAY_REVOCATIONS_GRACE_SECONDS: number;

  @Int(2 * MIB, 'Bytes of a request body that the gateway lets through.', {
    min: KIB,
    max: 1024 * MIB,
  })
  VX11_GATEWAY_BODY_BYTES: number;

  @Int(10, 'Seconds in which the header of a request must have arrived at the gateway.', {
    min: 1,
    max: 3600,
  })
  VX11_GATEWAY_HEADER_SECONDS: number;

  @Int(30, 'Seconds in which a whole request must have arrived at the gateway.', {
    min: 1,
    max: 3600,
  })
  VX11_GATEWAY_REQUEST_SECONDS: number;

  @Int(
    30,
    'Seconds in which a service behind the gateway must have answered; an open stream has no limit.',
    { min: 1, max: 3600 },
  )
  VX11_GATEWAY_UPSTREAM_SECONDS: number;

  @group('Neighbours')
  @Text(undefined, 'Where madre is. Absent: VX11_MADRE_PORT on this machine.', {
    format: webAddress,
    example: 'http://madre:8001',
  })
  VX11_MADRE_URL: string | undefined;

  @Text(undefined, 'Where switch is. Absent: VX11_SWITCH_PORT on this machine.', {
    format: webAddress,
    example: 'http://switch:8003',
  })
  VX11_SWITCH_URL: string | undefined;

  @Text(undefined, 'Where hermes is. Absent: VX11_HERMES_PORT on this machine.', {
    format: webAddress,
    example: 'http://hermes:8004',
  })
  VX11_HERMES_URL: string | undefined;

  @Text(undefined, 'Where operator-frontend is. Absent: VX11_FRONTEND_PORT on this machine.', {
    format: webAddress,
    example: 'http://operator-frontend:8002',
  })
  VX11_FRONTEND_URL: string | undefined;

  @Text(undefined, 'Where tentaculo-link is. Absent: VX11_GATEWAY_PORT on this machine.', {
    format: webAddress,
    example: 'http://tentaculo-link:8000',
  })
  VX11_GATEWAY_URL: string | undefined;

  @Int(15, 'Seconds between the reports that a neighbour publishes about itself.', {
    min: 1,
    max: 3600,
  })
  VX11_NEIGHBOUR_REPORT_SECONDS: number;

  @group('Several instances')
  @Text(
    undefined,
    'Redis with the state that instances share: redis[s]://[user:password@]host[:port][/database]. Absent, as the two below: embedded, one instance.',
    {
      example: 'redis://127.0.0.1:6379',
      format: redisUrl,
    },
  )
  VX11_REDIS_URL: string | undefined;

  @List('', 'Sentinels that know the Redis master, instead of VX11_REDIS_URL.', {
    format: hostPort,
  })
  VX11_REDIS_SENTINELS: string[];

  @Text('mymaster', 'Name of the master at the Sentinels.')
  VX11_REDIS_SENTINEL_NAME: string;

  @Text(undefined, 'Password of the Sentinels themselves.')
  VX11_REDIS_SENTINEL_PASSWORD: string | undefined;

  @List('', 'Some nodes of a Redis Cluster, instead of VX11_REDIS_URL.', { format: hostPort })
  VX11_REDIS_CLUSTER: string[];

  @Text(undefined, 'Redis ACL user, unless the URL names one.')
  VX11_REDIS_USERNAME: string | undefined;

  @Text(undefined, 'Redis password, unless the URL holds one.')
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

  @Int(1000, 'Milliseconds that a Redis command may take.', { min: 50, max: 60_000 })
  VX11_REDIS_TIMEOUT_MS: number;

  @Int(
    0,
    'Replicas that must have an event before its 202. Above 0, a failover loses no accepted event.',
    { min: 0, max: 10 },
  )
  VX11_REDIS_REPLICAS: number;
}
