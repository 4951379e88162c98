import { count } from '../ui/format.js';
import type { Column, Summary } from './summary.js';

/** A line that a figure should stay below, or above. */
export interface Limit {
  readonly value: number;
  readonly label: string;
}

export interface Series {
  readonly label: string;
  readonly of: (summary: Summary) => Column;
}

export interface Figure {
  readonly title: string;
  /** What is plotted; the first series is the one that is judged. */
  readonly series: readonly [Series, ...Series[]];
  readonly format: (value: number) => string;
  /** Observations without which a share or a quantile is not judged: one of three is no trend. */
  readonly volume?: {
    readonly least: number;
    readonly of: (summary: Summary) => Column | undefined;
  };
  /** Which side of its limits is the good one. */
  readonly good: 'low' | 'high';
  readonly slo?: Limit;
  readonly alert?: Limit;
  /** Heading of the runbook, docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md. */
  readonly runbook: string;
  /** Fixed upper end of the scale. */
  readonly max?: number;
}

const perSecond = (value: number) => `${compact(value)}/s`;
const milliseconds = (value: number) =>
  value >= 1000 ? `${compact(value / 1000)} s` : `${compact(value)} ms`;
const percent = (value: number) => `${Number((value * 100).toFixed(1))} %`;

/** Limits as in the contract: alerts and SLOs of operator-backend. */
export const FIGURES: readonly Figure[] = [
  {
    title: 'Tokens issued',
    series: [{ label: 'issued', of: (summary) => summary.issued_per_sec }],
    format: perSecond,
    good: 'low',
    alert: { value: 100, label: 'alert above 100/s' },
    runbook: 'HighEphemeralTokenRequestRate',
  },
  {
    title: 'Active tokens',
    series: [{ label: 'active', of: (summary) => summary.active_tokens }],
    format: compact,
    good: 'low',
    alert: { value: 500, label: 'alert above 500' },
    runbook: 'UnusuallyHighCacheSize',
  },
  {
    title: 'Open streams',
    series: [
      { label: 'ephemeral', of: (summary) => summary.streams.ephemeral },
      { label: 'principal', of: (summary) => summary.streams.principal },
    ],
    format: compact,
    good: 'low',
    runbook: 'HighPrincipalTokenUsageInSSE',
  },
  {
    title: 'Adoption of ephemeral tokens',
    series: [{ label: 'adoption', of: (summary) => summary.adoption }],
    format: percent,
    volume: { least: 20, of: (summary) => summary.observations?.opened },
    good: 'high',
    slo: { value: 0.95, label: 'targets 50, 80, 95 % at 4, 24, 48 h' },
    // More than 10 principal on 100 ephemeral connections.
    alert: { value: 1 / 1.1, label: 'alert below 90.9 %' },
    runbook: 'HighPrincipalTokenUsageInSSE',
    max: 1,
  },
  {
    title: 'Validation success',
    series: [{ label: 'success', of: (summary) => summary.validation_success }],
    format: percent,
    volume: { least: 50, of: (summary) => summary.observations?.validations },
    good: 'high',
    slo: { value: 0.99, label: 'SLO above 99 %' },
    alert: { value: 0.98, label: 'alert below 98 %' },
    runbook: 'HighTokenValidationFailureRate',
    max: 1,
  },
  {
    title: 'Issuing a token',
    series: [
      { label: 'p99', of: (summary) => summary.latency_ms.issue.p99 },
      { label: 'p50', of: (summary) => summary.latency_ms.issue.p50 },
    ],
    format: milliseconds,
    good: 'low',
    volume: { least: 20, of: (summary) => summary.observations?.issue },
    slo: { value: 50, label: 'SLO below 50 ms' },
    alert: { value: 100, label: 'alert above 100 ms' },
    runbook: 'SlowTokenIssuing',
  },
  {
    title: 'Opening a stream',
    series: [
      { label: 'p99', of: (summary) => summary.latency_ms.open.p99 },
      { label: 'p50', of: (summary) => summary.latency_ms.open.p50 },
    ],
    format: milliseconds,
    good: 'low',
    volume: { least: 20, of: (summary) => summary.observations?.open },
    slo: { value: 500, label: 'SLO below 500 ms' },
    alert: { value: 1000, label: 'alert above 1 s' },
    runbook: 'SlowStreamOpening',
  },
  {
    title: 'Delivering an event',
    series: [
      { label: 'p99', of: (summary) => summary.latency_ms.delivery.p99 },
      { label: 'p50', of: (summary) => summary.latency_ms.delivery.p50 },
    ],
    format: milliseconds,
    good: 'low',
    runbook: 'SlowEventDelivery',
  },
  {
    title: 'Events',
    series: [
      { label: 'delivered', of: (summary) => summary.deliveries_per_sec },
      { label: 'published', of: (summary) => summary.published_per_sec },
    ],
    format: perSecond,
    good: 'low',
    runbook: 'SlowEventDelivery',
  },
];

export type Verdict = 'no data' | 'too few to judge' | 'ok' | 'outside SLO' | 'beyond alert limit';

/** The last value against its limits. */
export function judge(figure: Figure, summary: Summary): Verdict {
  const { good, series, slo, alert, volume } = figure;
  const value = series[0].of(summary).at(-1);
  if (value == null) return 'no data';
  const isBeyond = (limit?: Limit) =>
    limit !== undefined && (good === 'low' ? value > limit.value : value < limit.value);
  if (!isBeyond(alert) && !isBeyond(slo)) return 'ok';
  // On an idle system one refused token is a third of all.
  if (volume && (volume.of(summary)?.at(-1) ?? Infinity) < volume.least) return 'too few to judge';
  return isBeyond(alert) ? 'beyond alert limit' : 'outside SLO';
}

/** As many digits as are useful: `0.042`, `12.3`, `4,820`. */
function compact(value: number): string {
  if (value >= 100) return count(Math.round(value));
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}
