import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { within } from '../../src/cli/deploy/release-selector.js';
import { PRODUCT } from '../rules.js';
import { SLOS, BURNS, type Slo } from '../slos.js';
import { defaultThresholds, fill } from '../thresholds.js';
import { AT, dashboard, IN, M, WINDOW, type PanelSpec } from './panels.js';

/** The product's processes among all that a Prometheus scrapes. */
const PROCESSES = `${AT},job=~"operator-backend|tentaculo-link"`;

const sumRate = (counter: string, selector = '') =>
  `sum(rate(${counter}{${[AT, selector].filter(Boolean).join(',')}}[${WINDOW}]))`;
const rateBy = (label: string, counter: string) =>
  `sum by (${label}) (rate(${counter}{${AT}}[${WINDOW}]))`;
const quantile = (q: number, histogram: string, selector = '') =>
  `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${[AT, selector].filter(Boolean).join(',')}}[${WINDOW}])))`;
const latencies = (histogram: string, selector = '') => ({
  p50: quantile(0.5, histogram, selector),
  p99: quantile(0.99, histogram, selector),
});
/** Ephemeral share of the connections opened; empty while none is. */
const adoption = (window: string) =>
  within(
    IN,
    `sum(increase(${M}sse_connections_ephemeral_total[${window}])) / (sum(increase(${M}sse_connections_ephemeral_total[${window}])) + sum(increase(${M}sse_connections_principal_total[${window}])))`,
  );
const validation = `sum(rate(${M}token_validations_total{${AT},result="valid"}[${WINDOW}])) / sum(rate(${M}token_validations_total{${AT}}[${WINDOW}]))`;

const issued: PanelSpec = {
  title: 'Tokens issued',
  unit: 'reqps',
  limit: '%tokenRequests.perSecond%',
  queries: { issued: sumRate(`${M}ephemeral_tokens_issued_total`) },
};
const activeTokens: PanelSpec = {
  title: 'Active tokens',
  unit: 'short',
  limit: '%activeTokens.count%',
  queries: { active: `sum(${M}ephemeral_tokens_active{${AT}})` },
};
const streams: PanelSpec = {
  title: 'Open streams by credential',
  unit: 'short',
  kind: 'stacked',
  queries: { '{{credential}}': `sum by (credential) (${M}sse_connections_active{${AT}})` },
};
const successful: PanelSpec = {
  title: 'Valid credentials',
  unit: 'percentunit',
  max: 1,
  queries: { valid: validation },
};
const opening: PanelSpec = {
  title: 'Opening a stream',
  unit: 's',
  limit: '%opening.p99Seconds%',
  queries: latencies(`${M}sse_open_duration_seconds`),
};
const issuing: PanelSpec = {
  title: 'Issuing a token',
  unit: 's',
  limit: '%issuing.p99Seconds%',
  queries: latencies(`${M}token_issue_duration_seconds`),
};
const published: PanelSpec = {
  title: 'Events published by severity',
  unit: 'eps',
  kind: 'stacked',
  queries: { '{{severity}}': rateBy('severity', `${M}events_published_total`) },
};
const delivery: PanelSpec = {
  title: 'Delivering an event',
  unit: 's',
  limit: '%delivery.p99Seconds%',
  queries: latencies(`${M}event_delivery_duration_seconds`),
};
const errors = (app: string): PanelSpec => ({
  title: `Answers of ${app} by status`,
  unit: 'reqps',
  kind: 'stacked',
  queries: {
    '{{status}}': `sum by (status) (rate(vx11_http_requests_total{${AT},app="${app}"}[${WINDOW}]))`,
  },
});
const requestLatency = (app: string): PanelSpec => ({
  title: `Latency of ${app} (streams excluded)`,
  unit: 's',
  limit: '%latency.p99Seconds%',
  queries: latencies('vx11_http_request_duration_seconds', `app="${app}"`),
});
const eventLoop: PanelSpec = {
  title: 'Event loop delay (p99)',
  unit: 's',
  limit: '%eventLoop.p99Seconds%',
  queries: { '{{job}} {{instance}}': `nodejs_eventloop_lag_p99_seconds{${PROCESSES}}` },
};
const processor: PanelSpec = {
  title: 'Processor by instance',
  description:
    'An instance of operator-backend uses one core: near 1 it is saturated. A gateway uses one for each of its processes (VX11_GATEWAY_WORKERS).',
  unit: 'short',
  queries: { '{{job}} {{instance}}': `rate(process_cpu_seconds_total{${PROCESSES}}[${WINDOW}])` },
};
const memory: PanelSpec = {
  title: 'Resident memory by instance',
  unit: 'bytes',
  queries: { '{{job}} {{instance}}': `process_resident_memory_bytes{${PROCESSES}}` },
};
const threshold = (text: string) => fill(text, defaultThresholds());
/** The windows behind the names that the recordings have for them. */
const WINDOWS = BURNS.flatMap(({ key }) => [`${key}Short`, `${key}Long`])
  .map((name) => `${name} ${threshold(`%burn.${name}%`)}`)
  .join(', ');
const badEvents = ({ id, title, objective }: Slo): PanelSpec => ({
  title: `Bad events: ${id}`,
  description: `${threshold(title)}: the share of those that are not, over the windows of the burn-rate alerts (${WINDOWS}). The line is where the fast one pages.`,
  unit: 'percentunit',
  limit: (Number(threshold('%burn.fastFactor%')) * (1 - Number(threshold(objective)))).toPrecision(
    3,
  ),
  queries: { '{{window}} {{namespace}}': `vx11:slo_errors:ratio_rate{${IN},slo="${id}"}` },
});
const stat = (spec: PanelSpec): PanelSpec => ({ ...spec, kind: 'stat' });

/** File name → dashboard. */
export const DASHBOARDS: Readonly<Record<string, Dashboard>> = {
  overview: dashboard('overview', 'Overview', 'Is the product well, and since when not.', [
    stat({
      title: 'Instances up',
      unit: 'short',
      queries: { up: `sum(up{${IN},job="operator-backend"})` },
    }),
    stat({
      ...streams,
      title: 'Open streams',
      queries: { streams: `sum(${M}sse_connections_active{${AT}})` },
    }),
    stat(activeTokens),
    stat(successful),
    stat({
      title: 'Adoption, last hour',
      unit: 'percentunit',
      queries: { adoption: adoption('1h') },
    }),
    stat({
      title: 'Alerts firing',
      unit: 'short',
      limit: '1',
      queries: {
        firing: `count(ALERTS{${IN},product="${PRODUCT}",alertstate="firing"}) or vector(0)`,
      },
    }),
    issued,
    streams,
    published,
    delivery,
    errors('operator-backend'),
    requestLatency('operator-backend'),
  ]),
  tokens: dashboard(
    'tokens',
    'Tokens and adoption',
    'Issuing, validation and the way to ephemeral tokens.',
    [
      issued,
      activeTokens,
      issuing,
      {
        title: 'Checking a credential',
        unit: 's',
        queries: latencies(`${M}token_validation_duration_seconds`),
      },
      successful,
      {
        title: 'Refused tokens by reason',
        unit: 'reqps',
        kind: 'stacked',
        queries: { '{{reason}}': rateBy('reason', `${M}ephemeral_tokens_invalid_total`) },
      },
      {
        title: 'Adoption of ephemeral tokens',
        description:
          'Share of the streams of an hour, with the targets of a roll-out: 10–20 % after 1–2 h, 40–60 % after 4 h, 80–95 % after 24 h, 95 % after 48 h.',
        unit: 'percentunit',
        max: 1,
        queries: {
          adoption: adoption('1h'),
          ...Object.fromEntries(
            Object.entries(defaultThresholds()['adoption'] ?? {}).map(([after, share]) => [
              `target ${after.replace(/^after(\d+)h$/, 'after $1 h')}`,
              `vector(${share})`,
            ]),
          ),
        },
      },
      {
        title: 'Streams opened by credential',
        unit: 'reqps',
        kind: 'stacked',
        queries: {
          ephemeral: sumRate(`${M}sse_connections_ephemeral_total`),
          principal: sumRate(`${M}sse_connections_principal_total`),
        },
      },
      {
        title: 'Reused, revoked, expired',
        unit: 'reqps',
        queries: {
          reused: sumRate(`${M}ephemeral_tokens_reused_total`),
          revoked: sumRate(`${M}ephemeral_tokens_revoked_total`),
          expired: sumRate(`${M}ephemeral_tokens_expired_total`),
        },
      },
      {
        title: 'Refused for their rate',
        unit: 'reqps',
        queries: { refused: sumRate(`${M}rate_limited_total`) },
      },
    ],
  ),
  streams: dashboard('streams', 'Streams and delivery', 'What clients receive, and how late.', [
    streams,
    opening,
    delivery,
    {
      title: 'Deliveries',
      description: 'One for each event and socket.',
      unit: 'eps',
      queries: {
        delivered: sumRate(`${M}events_delivered_total`),
        replayed: sumRate(`${M}events_replayed_total`),
      },
    },
    {
      title: 'Ends of streams by reason',
      unit: 'reqps',
      kind: 'stacked',
      queries: { '{{reason}}': rateBy('reason', `${M}sse_disconnects_total`) },
    },
    { title: 'Gaps', unit: 'reqps', queries: { gaps: sumRate(`${M}event_gaps_total`) } },
    eventLoop,
    processor,
  ]),
  'redis-and-log': dashboard(
    'redis-and-log',
    'Redis and event log',
    'Where tokens and events are kept.',
    [
      published,
      {
        title: 'Events in the log',
        unit: 'short',
        queries: { '{{instance}}': `${M}event_log_length{${AT}}` },
      },
      {
        title: 'Canary: through the store and back',
        description: 'Each instance proves once a second that what is published comes back.',
        unit: 's',
        queries: { '{{instance}}': `${M}delivery_canary_seconds{${AT}}` },
      },
      {
        title: 'Canaries lost',
        unit: 'reqps',
        queries: { '{{instance}}': `rate(${M}delivery_canaries_lost_total{${AT}}[${WINDOW}])` },
      },
      {
        title: 'Redis reachable',
        description: 'Empty in the embedded mode.',
        unit: 'short',
        max: 1,
        queries: { '{{instance}}': `${M}redis_up{${AT}}` },
      },
      {
        title: 'Token uses decided in memory',
        description: 'Stays at zero in the embedded mode, where there is one layer only.',
        unit: 'reqps',
        queries: {
          memory: sumRate(`${M}token_cache_local_hits_total`),
          redis: sumRate(`${M}token_cache_local_misses_total`),
        },
      },
      memory,
      processor,
    ],
  ),
  gateway: dashboard('gateway', 'Gateway', 'tentaculo-link: the only public entry.', [
    errors('tentaculo-link'),
    requestLatency('tentaculo-link'),
    {
      title: 'Streams that pass through',
      unit: 'short',
      queries: {
        streams: `sum(vx11_gateway_streams_active{${AT}})`,
        'trunks that carry them': `sum(vx11_gateway_trunks{${AT}})`,
      },
    },
    {
      title: 'Backends as the gateway sees them',
      unit: 'short',
      description: 'Each gateway counts all of them.',
      queries: { '{{instance}} {{state}}': `vx11_gateway_upstreams{${AT}}` },
    },
    {
      title: 'Requests that wait for a backend',
      unit: 'short',
      queries: { waiting: `sum(vx11_gateway_requests_waiting{${AT}})` },
    },
    {
      title: 'Attempts without an answer, by kind',
      unit: 'reqps',
      queries: { '{{kind}}': rateBy('kind', 'vx11_gateway_upstream_failures_total') },
    },
    {
      title: 'Retries on another backend',
      unit: 'reqps',
      queries: { retries: sumRate('vx11_gateway_retries_total') },
    },
    {
      title: 'Connections refused',
      unit: 'reqps',
      queries: { '{{reason}}': rateBy('reason', 'vx11_gateway_connections_refused_total') },
    },
    eventLoop,
    processor,
    memory,
  ]),
  slos: dashboard(
    'slos',
    'Service levels',
    'Error budgets: the share of bad events over the windows of the burn-rate alerts.',
    [...SLOS.map(badEvents), issuing, opening, successful, errors('tentaculo-link')],
  ),
};
