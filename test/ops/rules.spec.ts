// @needs prometheus
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { ALERTS } from '../../ops/alerts.js';
import { generatedFiles } from '../../ops/generated.js';
import { rulesTemplate } from '../../ops/rules.js';
import { BURNS, SLOS } from '../../ops/slos.js';
import { defaultThresholds, fill } from '../../ops/thresholds.js';
import { ofNamespace, within } from '../../src/cli/deploy/release-selector.js';
import { bucketed, ONE_ERROR, RULE_CASES, SLO_CASES, type Series } from './rule-cases.js';

const RULES = 'ops/prometheus/rules.yaml';
/** It evaluates hours of rules, minute by minute: seconds of a whole core. */
const PROMTOOL_MS = 180_000;
const promtool = (...args: string[]) => promisify(execFile)('promtool', args);

interface Rule {
  readonly labels?: { readonly slo?: string };
}

interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface Claim {
  readonly series: Series;
  readonly alert: string;
  readonly at: string;
  readonly isFiring: boolean;
}

/** Promtool tests: whether each alert fires, whatever its labels and annotations are. */
function promtoolTests(claims: readonly Claim[]): object[] {
  // Claims about the same series share one evaluation, which is what takes the time.
  const bySeries = Object.groupBy(claims, ({ series }) => JSON.stringify(series));
  return Object.entries(bySeries).map(([series, group = []]) => ({
    interval: '1m',
    input_series: Object.entries(JSON.parse(series) as Series).map(([name, values]) => ({
      series: name,
      values,
    })),
    promql_expr_test: group.map(({ alert, at, isFiring }) => ({
      expr: `min(ALERTS{alertname="${alert}",alertstate="firing"})`,
      eval_time: at,
      exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
    })),
  }));
}

describe('alerting rules', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'vx11-rules-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  /** Promtool evaluates every rule of the file each minute, so it gets the ones that matter. */
  async function expectClaims(
    name: string,
    matters: (group: string, rule: Rule) => boolean,
    claims: readonly Claim[],
    text = readFileSync(RULES, 'utf8'),
  ): Promise<void> {
    const { groups } = parse(text) as { groups: Group[] };
    const rules = join(home, `${name}-rules.yaml`);
    await writeFile(
      rules,
      stringify({
        groups: groups.map((group) => ({
          ...group,
          rules: group.rules.filter((rule) => matters(group.name, rule)),
        })),
      }),
    );
    const file = join(home, `${name}.yaml`);
    await writeFile(
      file,
      stringify({ rule_files: [rules], evaluation_interval: '1m', tests: promtoolTests(claims) }),
    );
    await promtool('test', 'rules', file).catch((failure: { stdout: string; stderr: string }) => {
      throw new Error(`${failure.stdout}${failure.stderr}`);
    });
  }

  it.each(Object.entries(generatedFiles()))('%s is what ops/ generates', (file, text) => {
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('are accepted by promtool', async () => {
    await expect(promtool('check', 'rules', RULES)).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
  });

  it('each carry a severity, a summary, a description and a runbook', () => {
    const { groups } = parse(readFileSync(RULES, 'utf8')) as {
      groups: { rules: { alert?: string; labels?: object; annotations?: object }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert);
    expect(alerts.length).toBe(ALERTS.length + SLOS.length * BURNS.length);
    for (const { labels, annotations } of alerts) {
      expect(labels).toMatchObject({
        severity: expect.stringMatching(/^(critical|warning|info)$/),
      });
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\S/),
        runbook_url: expect.stringMatching(/#\/runbooks\?of=\w+$/),
      });
    }
  });

  it('leave no threshold unfilled, and refuse an unknown one', () => {
    expect(readFileSync(RULES, 'utf8')).not.toMatch(/%\w+\.\w+%/);
    expect(() => fill('%nobody.knows%', defaultThresholds())).toThrow('%nobody.knows%');
  });

  it('have a case for each alert', () => {
    expect(Object.keys(RULE_CASES).sort()).toEqual(ALERTS.map(({ name }) => name).sort());
    expect(Object.keys(SLO_CASES)).toEqual(SLOS.map(({ id }) => id));
  });

  it(
    'fire above their thresholds, stay quiet below, and survive absent series',
    async () => {
      const claims = Object.entries(RULE_CASES).flatMap(([alert, one]) => {
        const at = one.at ?? '15m';
        return [
          ...[one.fires, ...(one.firesToo ?? [])].map((series) => ({
            series,
            alert,
            at,
            isFiring: true,
          })),
          ...[one.quiet, ...(one.quietToo ?? [])].map((series) => ({
            series,
            alert,
            at,
            isFiring: false,
          })),
          { series: {}, alert, at, isFiring: one.firesWithoutSeries ?? false },
        ];
      });
      await expectClaims('alerts', (group) => group === 'vx11-alerts', claims);
    },
    PROMTOOL_MS,
  );

  it(
    'of one release fire for its own series, and not for those of another in the same Prometheus',
    async () => {
      const ofRelease = (namespace: string, series: Series): Series =>
        Object.fromEntries(
          Object.entries(series).map(([one, values]) => [
            within(`namespace="${namespace}"`, one.replace('{}', '')),
            values,
          ]),
        );
      const claims = Object.entries(RULE_CASES).flatMap(([alert, one]) => {
        const at = one.at ?? '15m';
        const silent = one.firesWithoutSeries ?? false;
        return [
          { series: ofRelease('mine', one.fires), alert, at, isFiring: true },
          { series: one.fires, alert, at, isFiring: true },
          { series: ofRelease('theirs', one.fires), alert, at, isFiring: silent },
          // A healthy neighbour hides nothing that is missing here.
          { series: ofRelease('theirs', one.quiet), alert, at, isFiring: silent },
        ];
      });
      const rules = fill(rulesTemplate(ofNamespace('mine')), defaultThresholds());
      await expectClaims('releases', (group) => group === 'vx11-alerts', claims, rules);
    },
    PROMTOOL_MS,
  );

  it.each(['1', '1.0'])(
    'an objective of whole seconds finds its bucket as le="%s": Prometheus 3 adds the fraction',
    async (bound) => {
      const { issuing = {} } = defaultThresholds();
      const thresholds = { ...defaultThresholds(), issuing: { ...issuing, sloSeconds: 1 } };
      const { bad } = bucketed('vx11_operator_token_issue_duration_seconds', bound);
      const claims = [
        { series: bad(5, 10, 80), alert: 'IssuingErrorBudgetBurnFast', at: '75m', isFiring: true },
        { series: bad(0, 10, 80), alert: 'IssuingErrorBudgetBurnFast', at: '75m', isFiring: false },
      ];
      const isIssuing = (_: string, { labels }: Rule) => labels?.slo === 'issuing';
      await expectClaims(`le-${bound}`, isIssuing, claims, fill(rulesTemplate(), thresholds));
    },
    PROMTOOL_MS,
  );

  it.each(SLOS)(
    'the burn rates of $id fire when the budget burns, and not for one bad event on an idle system',
    async ({ id, objective }) => {
      const budget = 1 - Number(fill(objective, defaultThresholds()));
      const alert = `${id[0]?.toUpperCase()}${id.slice(1)}ErrorBudgetBurn`;
      const series = SLO_CASES[id]?.bad ?? (() => ({}));
      const at = '75m';
      await expectClaims(id, (_, { labels }) => labels?.slo === id, [
        { series: series(20 * budget * 10, 10, 80), alert: `${alert}Fast`, at, isFiring: true },
        { series: series(8 * budget * 10, 10, 80), alert: `${alert}Fast`, at, isFiring: false },
        { series: series(8 * budget * 10, 10, 80), alert: `${alert}Medium`, at, isFiring: true },
        { series: series(3 * budget * 10, 10, 80), alert: `${alert}Medium`, at, isFiring: false },
        { series: series(3 * budget * 10, 10, 80), alert: `${alert}Slow`, at, isFiring: true },
        { series: series(0.5 * budget * 10, 10, 80), alert: `${alert}Slow`, at, isFiring: false },
        // 20 events in an hour, all bad: below the minimum.
        { series: series(1 / 180, 1 / 180, 80), alert: `${alert}Fast`, at, isFiring: false },
        ...BURNS.map(({ id: burn }) => ({
          series: ONE_ERROR,
          alert: alert + burn,
          at,
          isFiring: false,
        })),
        ...BURNS.map((burn) => ({ series: {}, alert: alert + burn.id, at, isFiring: false })),
      ]);
    },
    PROMTOOL_MS,
  );
});
