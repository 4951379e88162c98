import { OF_USERS } from '../src/cli/deploy/user-requests.js';

/** How much an alert may disturb: critical pages, warning goes to the chat, info to the dashboard. */
export type AlertSeverity = 'critical' | 'warning' | 'info';

/**
 * One alerting rule. `expr` is PromQL with thresholds as `%group.name%`.
 * Names are what a page says at night, so they name the symptom.
 */
export interface Alert {
  readonly name: string;
  readonly severity: AlertSeverity;
  readonly expr: string;
  /** Prometheus duration; absent: at once. */
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}

const M = 'vx11_operator_';

/** Requests in the window; a ratio of fewer than the minimum says nothing. */
const atLeast = (counter: string, window: string, minimum: string) =>
  `sum(increase(${counter}[${window}])) > ${minimum}`;

/**
 * More than a limit was counted in the window. `increase` does not see what a new pod counted
 * before its first scrape, such as a token that is replayed during a roll-out: of a process that is
 * younger than the window, all that it has counted is of the window.
 */
const counted = (counter: string, window: string, limit: string) => {
  const young = `process_start_time_seconds{job="operator-backend"} > on () group_left () min_over_time(vector(time())[${window}:1m])`;
  return `sum(increase(${counter}[${window}])) > ${limit} or sum(${counter} and on (job, instance) ${young}) > ${limit}`;
};

const quantile = (q: string, histogram: string, window: string, selector: string) =>
  `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket${selector}[${window}])))`;

/**
 * p99 above its threshold, with enough observations to mean something. Of fewer than a hundred the
 * slowest one alone is the p99, so the slowest but a few must be above the threshold as well.
 */
const slow = (histogram: string, group: string, selector = '') => {
  const window = `%${group}.window%`;
  const count = `sum(increase(${histogram}_count${selector}[${window}]))`;
  const butAFew = `scalar(clamp_max(1 - (%${group}.minimumBad% - 1) / ${count}, 0.99))`;
  const above = (q: string) =>
    `${quantile(q, histogram, window, selector)} > %${group}.p99Seconds%`;
  return `${above('0.99')} and ${above(butAFew)} and on () ${count} > %${group}.minimum%`;
};

/** The four alerts of the contract. Their names are binding. */
const TOKENS: readonly Alert[] = [
  {
    name: 'HighEphemeralTokenRequestRate',
    severity: 'warning',
    expr: `sum(rate(${M}ephemeral_tokens_issued_total[%tokenRequests.window%])) > %tokenRequests.perSecond%`,
    for: '%tokenRequests.for%',
    summary: 'Clients fetch {{ $value | printf "%.0f" }} tokens a second',
    description:
      'More than %tokenRequests.perSecond% ephemeral tokens a second were issued over %tokenRequests.window%. A healthy client fetches one token for each connection. Find the principal or the client that loops.',
  },
  {
    name: 'UnusuallyHighCacheSize',
    severity: 'warning',
    expr: `sum(${M}ephemeral_tokens_active) > %activeTokens.count%`,
    for: '%activeTokens.for%',
    summary: '{{ $value | printf "%.0f" }} ephemeral tokens are alive',
    description:
      'More than %activeTokens.count% tokens are alive at once. The number is the issuing rate times 60 seconds; compare it with the number of streams.',
  },
  {
    name: 'HighTokenValidationFailureRate',
    severity: 'critical',
    expr: `sum(rate(${M}ephemeral_tokens_invalid_total[%validationFailures.window%])) > %validationFailures.perSecond%`,
    for: '%validationFailures.for%',
    summary: '{{ $value | printf "%.1f" }} ephemeral tokens a second are refused',
    description:
      'More than %validationFailures.perSecond% tokens a second were refused over %validationFailures.window%. The label `reason` of vx11_operator_ephemeral_tokens_invalid_total says whether clients are late, lost or hostile.',
  },
  {
    name: 'HighPrincipalTokenUsageInSSE',
    severity: 'info',
    expr: `sum(increase(${M}sse_connections_principal_total[%principalFallback.window%])) > %principalFallback.share% * sum(increase(${M}sse_connections_ephemeral_total[%principalFallback.window%])) and (sum(increase(${M}sse_connections_principal_total[%principalFallback.window%])) + sum(increase(${M}sse_connections_ephemeral_total[%principalFallback.window%]))) > %principalFallback.minimum%`,
    for: '%principalFallback.for%',
    summary: 'Streams are opened with principal tokens',
    description:
      'Principal tokens opened more than %principalFallback.share% as many streams as ephemeral tokens over %principalFallback.window%. Long-lived credentials stand in stream URLs. Move those clients to ephemeral tokens.',
  },
];

/** Service levels: what a user of the product feels. */
const SERVICE: readonly Alert[] = [
  {
    name: 'SlowTokenIssuing',
    severity: 'warning',
    expr: slow(`${M}token_issue_duration_seconds`, 'issuing'),
    for: '%issuing.for%',
    summary: 'Issuing a token takes {{ $value | humanizeDuration }} (p99)',
    description:
      'The 99th percentile of issuing is above %issuing.p99Seconds% s; the objective is %issuing.sloSeconds% s. Look at the event loop, the processor and Redis.',
  },
  {
    name: 'SlowStreamOpening',
    severity: 'warning',
    expr: slow(`${M}sse_open_duration_seconds`, 'opening'),
    for: '%opening.for%',
    summary: 'Opening a stream takes {{ $value | humanizeDuration }} (p99)',
    description:
      'The 99th percentile from admission to the first byte is above %opening.p99Seconds% s; the objective is %opening.sloSeconds% s. Most often many clients resume at once.',
  },
  {
    name: 'SlowEventDelivery',
    severity: 'warning',
    expr: slow(`${M}event_delivery_duration_seconds`, 'delivery'),
    for: '%delivery.for%',
    summary: 'Events reach their streams after {{ $value | humanizeDuration }} (p99)',
    description:
      'The 99th percentile from acceptance to the last socket is above %delivery.p99Seconds% s. The fan-out has more to write than one core can, or the event loop is blocked.',
  },
  {
    name: 'LowTokenValidationSuccess',
    severity: 'warning',
    expr: `sum(increase(${M}token_validations_total{result="valid"}[%validation.window%])) / sum(increase(${M}token_validations_total[%validation.window%])) < %validation.success% and ${atLeast(`${M}token_validations_total`, '%validation.window%', '%validation.minimum%')} and sum(increase(${M}token_validations_total{result="invalid"}[%validation.window%])) >= %validation.minimumBad%`,
    for: '%validation.for%',
    summary: 'Only {{ $value | humanizePercentage }} of the presented credentials are valid',
    description:
      'Fewer than %validation.success% of the credentials presented to the stream were valid over %validation.window%. Users see streams that do not open.',
  },
  {
    name: 'HighServerErrorRate',
    severity: 'critical',
    expr: `sum by (app) (increase(vx11_http_requests_total{status=~"5..",${OF_USERS}}[%errors.window%])) / sum by (app) (increase(vx11_http_requests_total{${OF_USERS}}[%errors.window%])) > %errors.share% and sum by (app) (increase(vx11_http_requests_total{${OF_USERS}}[%errors.window%])) > %errors.minimum%`,
    for: '%errors.for%',
    summary: '{{ $labels.app }} answers {{ $value | humanizePercentage }} of requests with 5xx',
    description:
      'More than %errors.share% of the answers, probes excluded, were server errors over %errors.window%. After a deployment this is a reason to roll back.',
  },
  {
    name: 'HighBackendLatency',
    severity: 'critical',
    expr: slow('vx11_http_request_duration_seconds', 'latency', '{app="operator-backend"}'),
    for: '%latency.for%',
    summary: 'operator-backend answers after {{ $value | humanizeDuration }} (p99)',
    description:
      'The 99th percentile of all answers but streams is above %latency.p99Seconds% s. After a deployment this is a reason to roll back.',
  },
];

/** A pattern that the watch found: it has its minimum volume already, and reports once in ten minutes. */
const suspicious = (pattern: string) =>
  counted(
    `${M}suspicious_patterns_total{pattern="${pattern}"}`,
    '%suspicions.window%',
    '%suspicions.count%',
  );

/** Identity and audit: what an attacker, or a broken trail, looks like. */
const SUSPICIONS: readonly Alert[] = [
  {
    name: 'FailedAttempts',
    severity: 'warning',
    expr: suspicious('failed_attempts'),
    summary: 'Somebody tries tokens, or what their scopes do not allow',
    description:
      'The event vx11.security.failed_attempts says which address or principal, and how often. Wrong tokens are slowed down by themselves; valid ones are not affected.',
  },
  {
    name: 'PrincipalTokenFromManyAddresses',
    severity: 'warning',
    expr: suspicious('fallback_addresses'),
    summary: 'One principal token opens streams from many addresses',
    description:
      'The event vx11.security.fallback_addresses names the principal. A long-lived token that stands in stream URLs may have reached others.',
  },
  {
    name: 'IssuedTokensUnused',
    severity: 'warning',
    expr: suspicious('unused_tokens'),
    summary: 'A principal has tokens issued and opens no streams',
    description:
      'The event vx11.security.unused_tokens names the principal. A client throws its tokens away, cannot reach the stream, or collects tokens.',
  },
  {
    name: 'UnusualAdministration',
    severity: 'warning',
    expr: suspicious('unusual_administration'),
    summary: 'An administrator acts unusually',
    description:
      'The event vx11.security.unusual_administration names the administrator: many acts within ten minutes, or one from an address that is new for it.',
  },
  {
    name: 'RefreshTokensReused',
    severity: 'critical',
    expr: counted(`${M}refresh_tokens_reused_total`, '%suspicions.window%', '%suspicions.count%'),
    summary: 'A refresh token was used after it had been replaced',
    description:
      'Two parties hold the refresh token of one session. The session and its streams have ended. The event vx11.security.refresh_reused names the principal.',
  },
  {
    name: 'IssuerKeysUnavailable',
    severity: 'warning',
    expr: `sum(increase(${M}issuer_key_failures_total[%issuerKeys.window%])) > %issuerKeys.failures%`,
    for: '%issuerKeys.for%',
    summary: 'The keys of the OIDC issuer cannot be read',
    description:
      'Known keys are used for a while. After VX11_OIDC_KEYS_GRACE_SECONDS, access tokens of the issuer are answered with 503 issuer_unavailable.',
  },
  {
    name: 'AuditWritesFail',
    severity: 'critical',
    expr: `sum(increase(${M}audit_write_failures_total[%audit.window%])) > %audit.failures%`,
    for: '%audit.for%',
    summary: 'The store of the audit trail does not take entries',
    description:
      'Requests go on. The entries are in the log of the process and wait in memory, 5,000 at most on each instance.',
  },
  {
    name: 'AuditEntriesLost',
    severity: 'critical',
    expr: counted(`${M}audit_entries_lost_total`, '%audit.window%', '%audit.lost%'),
    summary: '{{ $value | printf "%.0f" }} entries are missing in the audit trail',
    description:
      'More entries waited for the store than memory holds. Only the log of the process has them; an entry audit.lost counts them.',
  },
];

/** Availability and saturation. */
const STATE: readonly Alert[] = [
  {
    name: 'OperatorBackendInstanceDown',
    severity: 'warning',
    expr: 'up{job="operator-backend"} == 0',
    for: '%instances.downFor%',
    summary: 'operator-backend {{ $labels.instance }} does not answer',
    description: 'Prometheus could not scrape this instance for %instances.downFor%.',
  },
  {
    name: 'OperatorBackendDown',
    severity: 'critical',
    // absent: service discovery lists nothing when every pod is gone.
    expr: 'sum(up{job="operator-backend"}) == 0 or absent(up{job="operator-backend"})',
    for: '%instances.downFor%',
    summary: 'No instance of operator-backend answers',
    description: 'No token is issued and no stream can open. Open streams are gone.',
  },
  {
    name: 'GatewayDown',
    severity: 'critical',
    expr: 'sum(up{job="tentaculo-link"}) == 0 or absent(up{job="tentaculo-link"})',
    for: '%instances.downFor%',
    summary: 'No instance of tentaculo-link answers',
    description: 'The gateway is the only public entry: nobody reaches the product.',
  },
  {
    name: 'GatewayHasNoBackend',
    severity: 'critical',
    // Each gateway alone: a share of the requests goes to the one that sees nothing.
    expr: 'sum by (job, instance) (vx11_gateway_upstreams{state="up"}) == 0',
    for: '%instances.downFor%',
    summary: 'The gateway {{ $labels.instance }} sees no healthy operator-backend',
    description: 'Every request to /operator/api through this gateway answers 502 or 503.',
  },
  {
    name: 'RedisDown',
    severity: 'critical',
    expr: `min(${M}redis_up) == 0`,
    for: '%redis.downFor%',
    summary: 'operator-backend cannot reach Redis',
    description:
      'Issuing and publishing answer 503. Open streams stay open with heartbeats and receive nothing new.',
  },
  {
    name: 'EventDeliveryStalled',
    severity: 'critical',
    expr: `sum by (instance) (increase(${M}delivery_canaries_lost_total[%canary.window%])) >= %canary.lost%`,
    summary: 'Events do not flow through {{ $labels.instance }}',
    description:
      'At least %canary.lost% canaries did not come back over %canary.window%: what is published does not reach the streams of this instance.',
  },
  {
    name: 'EventGaps',
    severity: 'warning',
    expr: counted(`${M}event_gaps_total`, '%gaps.window%', '%gaps.count%'),
    summary: 'Clients were told that events they missed are gone',
    description:
      'Streams got `gap` over %gaps.window%: the log is shorter than the time clients were away, or the store lost entries in a failover.',
  },
  {
    name: 'SlowConsumers',
    severity: 'warning',
    expr: counted(
      `${M}sse_disconnects_total{reason="slow_consumer"}`,
      '%slowConsumers.window%',
      '%slowConsumers.count%',
    ),
    summary: '{{ $value | printf "%.0f" }} streams were cut because their clients do not read',
    description:
      'More than %slowConsumers.count% streams reached their buffer limit over %slowConsumers.window%. The clients can resume; narrow their filters.',
  },
  {
    name: 'TokensReplayed',
    severity: 'critical',
    expr: counted(
      `${M}ephemeral_tokens_invalid_total{reason="replayed"}`,
      '%replays.window%',
      '%replays.count%',
    ),
    summary: 'A second client presented a used token',
    description:
      'A token in a URL reached somebody else. Find the event vx11.security.token_replayed, revoke the principal if nobody should have it.',
  },
  ...SUSPICIONS,
  {
    name: 'PrincipalsRateLimited',
    severity: 'info',
    expr: `sum(rate(${M}rate_limited_total[%rateLimited.window%])) > %rateLimited.perSecond%`,
    for: '%rateLimited.for%',
    summary: '{{ $value | printf "%.1f" }} requests a second are refused for their rate',
    description:
      'A principal or an address is above its rate: a client in a loop, somebody who guesses tokens, or a limit that is too low.',
  },
  {
    name: 'EventLoopBlocked',
    severity: 'warning',
    expr: 'max by (job, instance) (nodejs_eventloop_lag_p99_seconds{job=~"operator-backend|tentaculo-link"}) > %eventLoop.p99Seconds%',
    for: '%eventLoop.for%',
    summary: 'The event loop of {{ $labels.instance }} is late by {{ $value | humanizeDuration }}',
    description:
      'Everything that this process does waits this long. Add an instance or find the load.',
  },
];

export const ALERTS: readonly Alert[] = [...TOKENS, ...SERVICE, ...STATE];
