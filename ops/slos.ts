import { OF_USERS } from '../src/cli/deploy/user-requests.js';

/** A service level: the share of good events among all of them should reach the objective. */
export interface Slo {
  /** Label of its recordings, and the beginning of its alerts' names. */
  readonly id: string;
  readonly title: string;
  /** Threshold that holds the objective, a share. */
  readonly objective: string;
  /** Counter of all events, as a PromQL selector. */
  readonly all: string;
  /** PromQL: rate of bad events over the window. */
  readonly bad: (window: string) => string;
}

const M = 'vx11_operator_';

/**
 * Bad: observations above the bound of one of the histogram's buckets. Prometheus 3 writes the
 * bound of a whole number as `1.0`, where earlier ones keep the `1` of the scrape.
 */
function slower(histogram: string, seconds: string): Pick<Slo, 'bad' | 'all'> {
  return {
    all: `${histogram}_count`,
    bad: (window) =>
      `sum(rate(${histogram}_count[${window}])) - sum(rate(${histogram}_bucket{le=~"${seconds}([.]0)?"}[${window}]))`,
  };
}

export const SLOS: readonly Slo[] = [
  {
    id: 'issuing',
    title: 'Tokens issued within %issuing.sloSeconds% s',
    objective: '%issuing.objective%',
    ...slower(`${M}token_issue_duration_seconds`, '%issuing.sloSeconds%'),
  },
  {
    id: 'opening',
    title: 'Streams opened within %opening.sloSeconds% s',
    objective: '%opening.objective%',
    ...slower(`${M}sse_open_duration_seconds`, '%opening.sloSeconds%'),
  },
  {
    id: 'validation',
    title: 'Presented credentials that are valid',
    objective: '%validation.objective%',
    all: `${M}token_validations_total`,
    bad: (window) => `sum(rate(${M}token_validations_total{result="invalid"}[${window}]))`,
  },
  {
    id: 'errors',
    title: 'Requests answered without a server error',
    objective: '%errors.objective%',
    all: `vx11_http_requests_total{app="tentaculo-link",${OF_USERS}}`,
    // No 5xx has a series before the first one: absent means none.
    bad: (window) =>
      `sum(rate(vx11_http_requests_total{app="tentaculo-link",status=~"5..",${OF_USERS}}[${window}])) or vector(0)`,
  },
];

/** Windows of the multi-window alerts (Google's SRE workbook, chapter 5). */
export const BURNS = [
  { id: 'Fast', key: 'fast', severity: 'critical' },
  { id: 'Medium', key: 'medium', severity: 'warning' },
  { id: 'Slow', key: 'slow', severity: 'info' },
] as const;
