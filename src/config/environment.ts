import { Flag, group, Int, List, OneOf, Port, Text } from './setting.js';

const MINUTE = 60;
const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Every variable that the processes read. The names are the contract's; the
 * decorators validate, give the default and the text of `.env.example`.
 */
export class Environment {
  @group('Processes')
  @OneOf(
    ['development', 'production', 'test'],
    'development',
    'In production a start without a configured principal is refused.',
  )
  NODE_ENV: 'development' | 'production' | 'test';

  @Text('127.0.0.1', 'Listen address of every process.')
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

  @List(
    'loopback',
    'Proxies whose X-Forwarded-For is believed: addresses, CIDR ranges, or loopback, linklocal, uniquelocal.',
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

  @group('Tokens')
  @Int(
    200_000,
    'Ephemeral tokens that may be alive at once; above it issuing answers 503 token_cache_full.',
    { min: 1, max: 10_000_000 },
  )
  VX11_TOKEN_CACHE_MAX: number;

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

  @List('', "Origins, besides the gateway's own, whose pages may call the API (CORS).")
  VX11_CORS_ORIGINS: string[];

  @group('Events')
  @Int(100_000, 'Events that the log keeps; older ones give way.', { min: 100, max: 100_000_000 })
  VX11_EVENT_LOG_LENGTH: number;

  @Int(
    20_000,
    'Events that the embedded log also keeps in memory, for the tail and for most replays.',
    { min: 100, max: 1_000_000 },
  )
  VX11_EVENT_RING_LENGTH: number;

  @group('Several instances')
  @Text(undefined, 'Redis with the state that instances share. Absent: embedded, one instance.', {
    example: 'redis://127.0.0.1:6379',
    pattern: /^rediss?:\/\//,
    hint: 'must begin with redis:// or rediss://',
  })
  VX11_REDIS_URL: string | undefined;
}
