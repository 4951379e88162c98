/** Series as promtool writes them: selector → values, one a minute. */
export type Series = Readonly<Record<string, string>>;

export interface RuleCase {
  /** Series under which the alert fires at `at`. */
  readonly fires: Series;
  /** Close to the threshold, but on the right side of it. */
  readonly quiet: Series;
  /** Further series under which it fires. */
  readonly firesToo?: readonly Series[];
  /** Further series under which it stays quiet. */
  readonly quietToo?: readonly Series[];
  /** Prometheus duration after the first sample; default 15m. */
  readonly at?: string;
  /** True for the alerts that watch for what is absent. */
  readonly firesWithoutSeries?: true;
}

const M = 'vx11_operator_';
/** A counter that grows by so many a second. */
const rate = (perSecond: number, minutes = 20) => `0+${Math.round(perSecond * 60)}x${minutes}`;
const level = (value: number) => `${value}+0x20`;
/** A histogram with so many observations a second below the bound, and the rest above. */
function histogram(name: string, bound: string, below: number, all: number, labels = ''): Series {
  const plus = labels ? `,${labels}` : '';
  return {
    [`${name}_bucket{le="${bound}"${plus}}`]: rate(below),
    [`${name}_bucket{le="10"${plus}}`]: rate(all),
    [`${name}_bucket{le="+Inf"${plus}}`]: rate(all),
    [`${name}_count{${labels}}`]: rate(all),
  };
}
const counter = (name: string, perSecond: number) => ({ [`${M}${name}`]: rate(perSecond) });
const slowCase = (name: string, bound: string, labels = ''): RuleCase => ({
  fires: histogram(name, bound, 5, 10, labels),
  quiet: histogram(name, bound, 9.95, 10, labels),
  quietToo: [
    {
      // One slow among 65 in five minutes.
      ...histogram(name, bound, 13 / 60, 13 / 60, labels),
      [`${name}_bucket{le="${bound}"${labels ? `,${labels}` : ''}}`]: '0+13x11 155+13x8',
    },
  ],
});

/** The first scrape of a process that has counted before, and started at that minute. */
const firstScrape = (counter: string, startedAt: number): Series => {
  const [name = '', labels = ''] = counter.replace('}', '').split('{');
  const where = 'job="operator-backend",instance="new"';
  return {
    [`${name}{${labels ? `${labels},` : ''}${where}}`]: '_x12 1+0x10',
    [`process_start_time_seconds{${where}}`]: `_x12 ${startedAt * 60}+0x10`,
  };
};
/** What a new pod counts before its first scrape; and what an old one counted before Prometheus began. */
const countedBeforeTheScrape = (counter: string) => ({
  firesToo: [firstScrape(counter, 12)],
  quietToo: [firstScrape(counter, -60)],
});

/** Found once by one instance; and another pattern that is none of this alert's business. */
const suspicion = (pattern: string): RuleCase => ({
  fires: { [`${M}suspicious_patterns_total{instance="a",pattern="${pattern}"}`]: '0+0x10 1+0x10' },
  quiet: {
    [`${M}suspicious_patterns_total{instance="a",pattern="${pattern}"}`]: level(2),
    [`${M}suspicious_patterns_total{instance="a",pattern="other"}`]: idle(1),
  },
  ...countedBeforeTheScrape(`${M}suspicious_patterns_total{pattern="${pattern}"}`),
});

/** Below the minimum volume: half of the events are bad, and nobody is paged. */
const idle = (perMinute: number) => `0+${perMinute}x20`;

/** What instances, Kubernetes and Prometheus ask a gateway for: many times what its users do. */
const PROBES: Series = {
  'vx11_http_requests_total{app="tentaculo-link",status="200",route="/livez"}': rate(90, 80),
  'vx11_http_requests_total{app="tentaculo-link",status="200",route="/metrics"}': rate(10, 80),
};

export const RULE_CASES: Readonly<Record<string, RuleCase>> = {
  HighEphemeralTokenRequestRate: {
    fires: counter('ephemeral_tokens_issued_total', 110),
    quiet: counter('ephemeral_tokens_issued_total', 90),
  },
  UnusuallyHighCacheSize: {
    fires: {
      [`${M}ephemeral_tokens_active{instance="a"}`]: level(300),
      [`${M}ephemeral_tokens_active{instance="b"}`]: level(300),
    },
    quiet: { [`${M}ephemeral_tokens_active`]: level(499) },
  },
  HighTokenValidationFailureRate: {
    fires: counter('ephemeral_tokens_invalid_total{reason="expired"}', 11),
    quiet: counter('ephemeral_tokens_invalid_total{reason="expired"}', 9),
  },
  HighPrincipalTokenUsageInSSE: {
    fires: {
      ...counter('sse_connections_principal_total', 2),
      ...counter('sse_connections_ephemeral_total', 10),
    },
    quiet: {
      [`${M}sse_connections_principal_total`]: idle(1),
      [`${M}sse_connections_ephemeral_total`]: idle(1),
    },
  },
  SlowTokenIssuing: slowCase(`${M}token_issue_duration_seconds`, '0.1'),
  SlowStreamOpening: slowCase(`${M}sse_open_duration_seconds`, '1'),
  SlowEventDelivery: slowCase(`${M}event_delivery_duration_seconds`, '1'),
  HighBackendLatency: slowCase('vx11_http_request_duration_seconds', '1', 'app="operator-backend"'),
  LowTokenValidationSuccess: {
    fires: {
      [`${M}token_validations_total{result="valid"}`]: rate(9),
      [`${M}token_validations_total{result="invalid"}`]: rate(1),
    },
    quiet: {
      [`${M}token_validations_total{result="valid"}`]: idle(1),
      [`${M}token_validations_total{result="invalid"}`]: idle(1),
    },
    quietToo: [
      {
        // One client that comes too late is 2 % of 41 in five minutes.
        [`${M}token_validations_total{result="valid"}`]: idle(8),
        [`${M}token_validations_total{result="invalid"}`]: '0+0x10 1+0x10',
      },
    ],
  },
  HighServerErrorRate: {
    fires: {
      'vx11_http_requests_total{app="tentaculo-link",status="200"}': rate(0.9),
      'vx11_http_requests_total{app="tentaculo-link",status="503"}': rate(0.1),
      ...PROBES,
    },
    quiet: {
      'vx11_http_requests_total{app="tentaculo-link",status="200"}': rate(100),
      'vx11_http_requests_total{app="tentaculo-link",status="503"}': rate(0.9),
    },
    quietToo: [
      {
        // A night with one request a minute, and one instance that probes the gateway.
        'vx11_http_requests_total{app="tentaculo-link",status="503",route="/madre/*path"}': idle(1),
        'vx11_http_requests_total{app="tentaculo-link",status="200",route="/livez"}': rate(1),
      },
    ],
  },
  OperatorBackendInstanceDown: {
    fires: {
      'up{job="operator-backend",instance="a"}': level(1),
      'up{job="operator-backend",instance="b"}': level(0),
    },
    quiet: { 'up{job="operator-backend",instance="a"}': level(1) },
  },
  OperatorBackendDown: {
    fires: {
      'up{job="operator-backend",instance="a"}': level(0),
      'up{job="operator-backend",instance="b"}': level(0),
    },
    quiet: {
      'up{job="operator-backend",instance="a"}': level(1),
      'up{job="operator-backend",instance="b"}': level(0),
    },
    firesWithoutSeries: true,
  },
  GatewayDown: {
    fires: { 'up{job="tentaculo-link"}': level(0) },
    quiet: { 'up{job="tentaculo-link"}': level(1) },
    firesWithoutSeries: true,
  },
  GatewayHasNoBackend: {
    fires: {
      'vx11_gateway_upstreams{job="tentaculo-link",instance="a",state="up"}': level(2),
      'vx11_gateway_upstreams{job="tentaculo-link",instance="b",state="up"}': level(0),
    },
    quiet: { 'vx11_gateway_upstreams{job="tentaculo-link",instance="a",state="up"}': level(1) },
  },
  RedisDown: {
    fires: { [`${M}redis_up{instance="a"}`]: level(1), [`${M}redis_up{instance="b"}`]: level(0) },
    quiet: { [`${M}redis_up`]: level(1) },
  },
  EventDeliveryStalled: {
    fires: { [`${M}delivery_canaries_lost_total{instance="a"}`]: idle(5) },
    // A Redis that is away for two and a half seconds: four canaries a second fly meanwhile.
    quiet: { [`${M}delivery_canaries_lost_total{instance="a"}`]: '0+0x13 6+0x6' },
  },
  EventGaps: {
    fires: { [`${M}event_gaps_total`]: '0+0x8 1+0x10' },
    quiet: { [`${M}event_gaps_total`]: '7+0x20' },
    ...countedBeforeTheScrape(`${M}event_gaps_total`),
  },
  SlowConsumers: {
    fires: { [`${M}sse_disconnects_total{reason="slow_consumer"}`]: idle(1) },
    quiet: {
      [`${M}sse_disconnects_total{reason="slow_consumer"}`]: '0+0x10 3+0x10',
      [`${M}sse_disconnects_total{reason="client"}`]: idle(100),
    },
  },
  TokensReplayed: {
    fires: { [`${M}ephemeral_tokens_invalid_total{reason="replayed"}`]: '0+0x10 1+0x10' },
    quiet: {
      [`${M}ephemeral_tokens_invalid_total{reason="replayed"}`]: level(3),
      [`${M}ephemeral_tokens_invalid_total{reason="expired"}`]: idle(5),
    },
    ...countedBeforeTheScrape(`${M}ephemeral_tokens_invalid_total{reason="replayed"}`),
  },
  FailedAttempts: suspicion('failed_attempts'),
  PrincipalTokenFromManyAddresses: suspicion('fallback_addresses'),
  IssuedTokensUnused: suspicion('unused_tokens'),
  UnusualAdministration: suspicion('unusual_administration'),
  RefreshTokensReused: {
    fires: { [`${M}refresh_tokens_reused_total`]: '0+0x10 1+0x10' },
    quiet: { [`${M}refresh_tokens_reused_total`]: level(3) },
    ...countedBeforeTheScrape(`${M}refresh_tokens_reused_total`),
  },
  IssuerKeysUnavailable: {
    fires: { [`${M}issuer_key_failures_total`]: idle(1) },
    quiet: { [`${M}issuer_key_failures_total`]: '0+0x10 2+0x10' },
  },
  AuditWritesFail: {
    fires: { [`${M}audit_write_failures_total{instance="a"}`]: idle(10) },
    quiet: { [`${M}audit_write_failures_total{instance="a"}`]: '0+0x13 20+0x10' },
  },
  AuditEntriesLost: {
    fires: { [`${M}audit_entries_lost_total{instance="b"}`]: '0+0x13 1+0x10' },
    quiet: { [`${M}audit_entries_lost_total{instance="b"}`]: level(9) },
    ...countedBeforeTheScrape(`${M}audit_entries_lost_total`),
  },
  PrincipalsRateLimited: {
    fires: counter('rate_limited_total', 6),
    quiet: counter('rate_limited_total', 4),
  },
  EventLoopBlocked: {
    fires: { 'nodejs_eventloop_lag_p99_seconds{job="operator-backend",instance="a"}': level(0.6) },
    quiet: {
      'nodejs_eventloop_lag_p99_seconds{job="operator-backend",instance="a"}': level(0.4),
      'nodejs_eventloop_lag_p99_seconds{job="somebody-elses",instance="b"}': level(9),
    },
  },
};

/** One 5xx within an hour of one request a minute: 1.7 %, and 20 % of the last five minutes. */
export const ONE_ERROR: Series = {
  'vx11_http_requests_total{app="tentaculo-link",status="500"}': '0+0x72 1+0x8',
  'vx11_http_requests_total{app="tentaculo-link",status="200"}': '0+1x80',
};

interface SloCase {
  readonly bad: (perSecond: number, all: number, minutes: number) => Series;
}

export const bucketed = (name: string, bound: string): SloCase => ({
  bad: (bad, all, minutes) => ({
    [`${name}_bucket{le="${bound}"}`]: rate(all - bad, minutes),
    [`${name}_count`]: rate(all, minutes),
  }),
});

export const SLO_CASES: Readonly<Record<string, SloCase>> = {
  issuing: bucketed(`${M}token_issue_duration_seconds`, '0.05'),
  opening: bucketed(`${M}sse_open_duration_seconds`, '0.5'),
  validation: {
    bad: (bad, all, minutes) => ({
      [`${M}token_validations_total{result="invalid"}`]: rate(bad, minutes),
      [`${M}token_validations_total{result="valid"}`]: rate(all - bad, minutes),
    }),
  },
  errors: {
    bad: (bad, all, minutes) => ({
      'vx11_http_requests_total{app="tentaculo-link",status="500"}': rate(bad, minutes),
      'vx11_http_requests_total{app="tentaculo-link",status="200"}': rate(all - bad, minutes),
      ...PROBES,
      // What a gateway answers to its probes while it drains is no user's error.
      'vx11_http_requests_total{app="tentaculo-link",status="503",route="/readyz"}': rate(
        5,
        minutes,
      ),
    }),
  },
};
