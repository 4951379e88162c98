import { count } from '../ui/format.js';
import type { Column, Summary } from './summary.js';
import { THRESHOLDS } from './thresholds.js';

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
  /** Observations that a share or a quantile needs to be judged: one of three is no trend. */
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

const limit = (value: number, label: string): Limit => ({ value, label });
const perSecond = (value: number) => `${compact(value)}/s`;
const milliseconds = (value: number) =>
  value >= 1000 ? `${compact(value / 1000)} s` : `${compact(value)} ms`;
const percent = (value: number) => `${Number((value * 100).toFixed(1))} %`;

const { tokenRequests, activeTokens, principalFallback, validation, issuing, opening, adoption } =
  THRESHOLDS;
const below = (seconds: number) =>
  limit(seconds * 1000, `SLO below ${milliseconds(seconds * 1000)}`);
const above = (seconds: number) =>
  limit(seconds * 1000, `alert above ${milliseconds(seconds * 1000)}`);
/** More principal than this share of ephemeral connections is an alert. */
const leastAdoption = 1 / (1 + principalFallback.share);

/** Limits from the file that the alerts and the deployment gates read too. */
export const FIGURES: readonly Figure[] = [
  {
    title: 'Tokens issued',
    series: [{ label: 'issued', of: (summary) => summary.issued_per_sec }],
    format: perSecond,
    good: 'low',
    alert: limit(tokenRequests.perSecond, `alert above ${perSecond(tokenRequests.perSecond)}`),
    runbook: 'HighEphemeralTokenRequestRate',
  },
  {
    title: 'Active tokens',
    series: [{ label: 'active', of: (summary) => summary.active_tokens }],
    format: compact,
    good: 'low',
    alert: limit(activeTokens.count, `alert above ${compact(activeTokens.count)}`),
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
    volume: { least: principalFallback.minimum, of: (summary) => summary.observations?.opened },
    good: 'high',
    slo: limit(
      adoption.after48h,
      `targets ${percent(adoption.after2h)} at 2 h, ${percent(adoption.after4h)} at 4 h, ${percent(adoption.after24h)} at 24 h, ${percent(adoption.after48h)} at 48 h`,
    ),
    alert: limit(leastAdoption, `alert below ${percent(leastAdoption)}`),
    runbook: 'HighPrincipalTokenUsageInSSE',
    max: 1,
  },
  {
    title: 'Validation success',
    series: [{ label: 'success', of: (summary) => summary.validation_success }],
    format: percent,
    volume: { least: validation.minimum, of: (summary) => summary.observations?.validations },
    good: 'high',
    slo: limit(validation.objective, `SLO above ${percent(validation.objective)}`),
    alert: limit(validation.success, `alert below ${percent(validation.success)}`),
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
    volume: { least: issuing.minimum, of: (summary) => summary.observations?.issue },
    slo: below(issuing.sloSeconds),
    alert: above(issuing.p99Seconds),
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
    volume: { least: opening.minimum, of: (summary) => summary.observations?.open },
    slo: below(opening.sloSeconds),
    alert: above(opening.p99Seconds),
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

export type Verdict =
  | 'no data'
  | 'too few to judge'
  | 'ok'
  | 'outside SLO'
  | 'above alert limit'
  | 'below alert limit';

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
  if (!isBeyond(alert)) return 'outside SLO';
  return good === 'low' ? 'above alert limit' : 'below alert limit';
}

/** As many digits as are useful: `0.042`, `12.3`, `4,820`. */
function compact(value: number): string {
  if (value >= 100) return count(Math.round(value));
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}
