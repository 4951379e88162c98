import type { Command } from 'commander';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../kernel/project-root.js';
import type { Context } from '../context.js';
import { PrometheusApi } from '../deploy/prometheus.js';
import { within } from '../deploy/release-selector.js';
import { OF_USERS } from '../deploy/user-requests.js';
import { figure } from '../deploy/watchdog.js';
import { CommandError, EXIT } from '../errors.js';
import { readInput } from '../files.js';
import { table } from '../output.js';
import { runSmoke } from '../smoke.js';

const HOUR_MS = 3_600_000;

interface Expectation {
  readonly what: string;
  readonly query: string;
  /** Whether the value is as expected. */
  readonly good: (value: number) => boolean;
  readonly expected: string;
}

const ADOPTION =
  'sum(increase(vx11_operator_sse_connections_ephemeral_total[1h])) / (sum(increase(vx11_operator_sse_connections_ephemeral_total[1h])) + sum(increase(vx11_operator_sse_connections_principal_total[1h])))';
const p99 = (metric: string) =>
  `histogram_quantile(0.99, sum by (le) (rate(${metric}_bucket[10m])))`;

const ALWAYS: readonly Expectation[] = [
  {
    what: 'critical alerts',
    query: 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)',
    good: (value) => value === 0,
    expected: '0',
  },
  {
    what: 'responses with 5xx',
    query: `sum(increase(vx11_http_requests_total{status=~"5..",${OF_USERS}}[10m])) / sum(increase(vx11_http_requests_total{${OF_USERS}}[10m])) or vector(0)`,
    good: (value) => value < 0.01,
    expected: '< 0.01',
  },
  {
    what: 'instances down',
    query: 'count(up{job=~"operator-backend|tentaculo-link"} == 0) or vector(0)',
    good: (value) => value === 0,
    expected: '0',
  },
];

/** What DEPLOYMENT_CHECKLIST_PRODUCTION.md expects of the hours after a deployment. */
export const PERIODS = [
  {
    name: 'hour 0 to 2',
    from: 0,
    expectations: [
      ...ALWAYS,
      { what: 'adoption', query: ADOPTION, good: (v: number) => v >= 0.1, expected: '>= 0.1' },
    ],
  },
  {
    name: 'hour 2 to 4',
    from: 2,
    expectations: [
      ...ALWAYS,
      {
        what: 'issuing, p99',
        query: p99('vx11_operator_token_issue_duration_seconds'),
        good: (v: number) => v < 0.05,
        expected: '< 0.05 s',
      },
      {
        what: 'opening, p99',
        query: p99('vx11_operator_sse_open_duration_seconds'),
        good: (v: number) => v < 0.5,
        expected: '< 0.5 s',
      },
      { what: 'adoption', query: ADOPTION, good: (v: number) => v >= 0.4, expected: '>= 0.4' },
    ],
  },
  {
    name: 'hour 4 to 24',
    from: 4,
    expectations: [
      ...ALWAYS,
      {
        what: 'memory growth',
        query:
          'max(process_resident_memory_bytes{job="operator-backend"} / (process_resident_memory_bytes{job="operator-backend"} offset 2h))',
        good: (v: number) => v < 1.25,
        expected: '< 1.25',
      },
      { what: 'adoption', query: ADOPTION, good: (v: number) => v >= 0.8, expected: '>= 0.8' },
    ],
  },
] as const satisfies readonly {
  name: string;
  from: number;
  expectations: readonly Expectation[];
}[];

/** The period that applies this many hours after the start. */
export function periodAt(hours: number): (typeof PERIODS)[number] {
  return PERIODS.findLast(({ from }) => hours >= from) ?? PERIODS[0];
}

interface Row {
  readonly at: string;
  readonly period: string;
  readonly what: string;
  readonly value: number | null;
  readonly ok: boolean | null;
}

/** `vx11 watch`: compares the hours after a deployment with what is expected in each period. */
export function addWatch(program: Command, context: Context): void {
  program
    .command('watch')
    .description('watch the 24 hours after a deployment against their expectations')
    .requiredOption('--prometheus <url>', 'Prometheus that scrapes the release')
    .option(
      '--selector <labels>',
      'PromQL that picks the series of the release, for example namespace="vx11"; default: all',
      '',
    )
    .option('--since <time>', 'when the deployment ended (ISO 8601); default: now')
    .option('--hours <hours>', 'how long to watch', '24')
    .option('--every <seconds>', 'between two checks', '300')
    .option('--once', 'check once and end', false)
    .option(
      '--file <path>',
      'file for the results; a restart continues with it',
      join(PROJECT_ROOT, '.data/watch.jsonl'),
    )
    .action(
      async (options: {
        prometheus: string;
        selector: string;
        since?: string;
        hours: string;
        every: string;
        once: boolean;
        file: string;
      }) => {
        const { api, output } = context();
        const prometheus = new PrometheusApi(options.prometheus);
        const value: Ask = (query) => prometheus.value(within(options.selector, query));
        const since = options.since === undefined ? Date.now() : Date.parse(options.since);
        if (Number.isNaN(since)) {
          throw new CommandError(EXIT.usage, `--since ${options.since} is not a time.`);
        }
        const until = since + Number(options.hours) * HOUR_MS;
        const rows = existsSync(options.file) ? readRows(options.file) : [];
        for (let looks = 0; ; looks += 1) {
          // A first look without an answer is a wrong address; a later one is an outage, which
          // must not end a watch of 24 hours.
          const ask = looks === 0 ? value : patient(value);
          const look = await lookOnce(ask, (Date.now() - since) / HOUR_MS);
          const failed = (await runSmoke(api)).filter(({ ok }) => !ok);
          rows.push(...look, smokeRow(look[0]?.period ?? '', failed.length));
          mkdirSync(dirname(options.file), { recursive: true });
          writeFileSync(options.file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
          const shown = rows.slice(-look.length - 1);
          output.result(shown, () => words(shown));
          if (options.once || Date.now() >= until) break;
          await delay(Number(options.every) * 1000);
        }
        const bad = rows.filter(({ ok, at }) => ok === false && Date.parse(at) >= since);
        if (bad.length > 0) process.exitCode = EXIT.failed;
        output.line(
          bad.length === 0
            ? 'Everything was as expected.'
            : `${bad.length} checks were not as expected; ${options.file} has them.`,
        );
      },
    );
}

type Ask = (query: string) => Promise<number | undefined>;

/** No data while Prometheus gives no answer. */
const patient =
  (value: Ask): Ask =>
  async (query) => {
    try {
      return await value(query);
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  };

async function lookOnce(ask: Ask, hours: number): Promise<Row[]> {
  const { name, expectations } = periodAt(hours);
  return Promise.all(
    expectations.map(async ({ what, query, good }) => {
      const value = await ask(query);
      const at = new Date().toISOString();
      return {
        at,
        period: name,
        what,
        value: value ?? null,
        ok: value === undefined ? null : good(value),
      };
    }),
  );
}

function smokeRow(period: string, failed: number): Row {
  const at = new Date().toISOString();
  return { at, period, what: 'failed smoke steps', value: failed, ok: failed === 0 };
}

function readRows(file: string): Row[] {
  return readInput(file, (text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Row),
  );
}

function words(rows: readonly Row[]): string {
  return table(
    ['', 'what', 'value', 'period'],
    rows.map(({ what, value, ok, period }) => [
      ok === null ? '?' : ok ? '✓' : '✗',
      what,
      value === null ? 'no data' : figure(value),
      period,
    ]),
  );
}
