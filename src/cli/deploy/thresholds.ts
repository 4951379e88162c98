import { CommandError, EXIT } from '../errors.js';
import { readInput } from '../files.js';
import { within } from './release-selector.js';
import { OF_USERS } from './user-requests.js';

/** Group → name → value, as files/thresholds.json of the chart has them. */
export type Thresholds = Readonly<Record<string, Readonly<Record<string, number | string>>>>;

/** One reason to go back that Prometheus knows. */
export interface Gate {
  readonly name: string;
  /** What is wrong when it is above its limit, for a person. */
  readonly meaning: string;
  readonly query: string;
  readonly limit: number;
  /** Milliseconds for which the value must stay above the limit. */
  readonly forMs: number;
  readonly unit: string;
}

/**
 * The thresholds of a chart, with the changes of another file on top.
 * @throws CommandError for a file that is missing or no JSON, and for a change of something that
 *   the chart does not have, or to another kind of value: no figure is above a limit that is none
 */
export function readThresholds(chart: string, changes: string | undefined): Thresholds {
  const base = readJson(`${chart}/files/thresholds.json`);
  if (changes === undefined) return base;
  const more = readJson(changes);
  for (const [group, values] of Object.entries(more)) {
    for (const [name, value] of Object.entries(values ?? {})) {
      const known = base[group]?.[name];
      if (known !== undefined && typeof value === typeof known) continue;
      const problem =
        known === undefined ? 'is no threshold of the chart' : `is not a ${typeof known}`;
      throw new CommandError(
        EXIT.usage,
        `${changes}: ${group}.${name} ${problem}.`,
        `The names and kinds are those of ${chart}/files/thresholds.json.`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(base).map(([group, values]) => [group, { ...values, ...more[group] }]),
  );
}

function readJson(file: string): Thresholds {
  return readInput(
    file,
    (text) => JSON.parse(text) as Thresholds,
    'Name the chart with --chart; it holds files/thresholds.json.',
  );
}

/**
 * The triggers of a rollback that are queries; the alerts of the same name use the same series.
 * @param selector PromQL that picks the series of the release; '' for all
 */
export function gatesOf(thresholds: Thresholds, selector: string): readonly Gate[] {
  const value = (group: string, name: string): number => Number(thresholds[group]?.[name]);
  const text = (group: string, name: string): string => String(thresholds[group]?.[name]);
  const errors = text('errors', 'window');
  const latency = text('latency', 'window');
  const backend = '{app="operator-backend"}';
  const gates: readonly Gate[] = [
    {
      name: 'error-rate',
      meaning: 'share of requests that were answered with 5xx',
      query: `max(sum by (app) (increase(vx11_http_requests_total{status=~"5..",${OF_USERS}}[${errors}])) / sum by (app) (increase(vx11_http_requests_total{${OF_USERS}}[${errors}])) and sum by (app) (increase(vx11_http_requests_total{${OF_USERS}}[${errors}])) > ${value('errors', 'minimum')})`,
      limit: value('errors', 'share'),
      forMs: milliseconds(text('errors', 'for')),
      unit: '',
    },
    {
      name: 'validation-failures',
      meaning: 'ephemeral tokens refused a second',
      query: `sum(rate(vx11_operator_ephemeral_tokens_invalid_total[${errors}]))`,
      limit: value('validationFailures', 'rollback'),
      forMs: 0,
      unit: '/s',
    },
    {
      name: 'latency',
      meaning: 'time in which operator-backend answers (p99)',
      query: `histogram_quantile(0.99, sum by (le) (rate(vx11_http_request_duration_seconds_bucket${backend}[${latency}]))) and sum(increase(vx11_http_request_duration_seconds_count${backend}[${latency}])) > ${value('latency', 'minimum')}`,
      limit: value('latency', 'p99Seconds'),
      forMs: milliseconds(text('latency', 'for')),
      unit: ' s',
    },
    {
      name: 'active-tokens',
      meaning: 'live ephemeral tokens',
      query: 'sum(vx11_operator_ephemeral_tokens_active)',
      limit: value('activeTokens', 'rollback'),
      forMs: 0,
      unit: '',
    },
    {
      // Without an instance that is scraped, no other gate has data.
      name: 'backend-down',
      meaning: 'no instance of operator-backend is up for Prometheus (1: none)',
      query: '(count(up{job="operator-backend"} == 1) or vector(0)) == bool 0',
      limit: 0,
      forMs: milliseconds(text('instances', 'downFor')),
      unit: '',
    },
  ];
  return gates.map((gate) => ({ ...gate, query: within(selector, gate.query) }));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Prometheus duration of one unit: `90s`, `2m`. */
export function milliseconds(duration: string): number {
  const [, number, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  if (number === undefined) {
    throw new CommandError(EXIT.usage, `"${duration}" is no duration.`, 'Write 30s, 2m or 1h.');
  }
  return Number(number) * (UNITS[unit] ?? 1);
}
