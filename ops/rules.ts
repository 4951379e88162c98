import { stringify } from 'yaml';
import { within } from '../src/cli/deploy/release-selector.js';
import { ALERTS, type AlertSeverity } from './alerts.js';
import { BURNS, SLOS, type Slo } from './slos.js';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const WINDOWS = BURNS.flatMap(({ key }) => [`${key}Short`, `${key}Long`]);

/** Tells the product's alerts from those of others in the same Prometheus and Alertmanager. */
export const PRODUCT = 'vx11-operator';

const labels = (severity: AlertSeverity) => ({ severity, product: PRODUCT });

const annotations = (name: string, summary: string, description: string) => ({
  summary,
  description,
  runbook_url: `%links.runbooks%${name}`,
});

/**
 * The rules as a template with `%group.name%` for the thresholds. Recordings and
 * burn-rate alerts share a group, so that an alert never reads an older recording.
 */
export function ruleGroups(): readonly Group[] {
  return [
    {
      name: 'vx11-alerts',
      rules: ALERTS.map((alert) => ({
        alert: alert.name,
        expr: alert.expr,
        ...(alert.for ? { for: alert.for } : {}),
        labels: labels(alert.severity),
        annotations: annotations(alert.name, alert.summary, alert.description),
      })),
    },
    { name: 'vx11-slos', rules: SLOS.flatMap((slo) => [...recordings(slo), ...burnAlerts(slo)]) },
    {
      name: 'vx11-adoption',
      rules: [
        {
          record: 'vx11:adoption:ratio1h',
          expr: 'sum(increase(vx11_operator_sse_connections_ephemeral_total[1h])) / (sum(increase(vx11_operator_sse_connections_ephemeral_total[1h])) + sum(increase(vx11_operator_sse_connections_principal_total[1h])))',
        },
      ],
    },
  ];
}

function recordings(slo: Slo): Rule[] {
  return WINDOWS.map((name) => {
    const window = `%burn.${name}%`;
    return {
      record: 'vx11:slo_errors:ratio_rate',
      expr: `(${slo.bad(window)}) / sum(rate(${slo.all}[${window}]))`,
      labels: { slo: slo.id, window: name },
    };
  });
}

function burnAlerts(slo: Slo): Rule[] {
  const title = `${slo.id[0]?.toUpperCase()}${slo.id.slice(1)}`;
  return BURNS.map(({ id, key, severity }) => {
    const share = (window: string) =>
      `vx11:slo_errors:ratio_rate{slo="${slo.id}",window="${window}"}`;
    const above = (window: string) =>
      `${share(window)} > %burn.${key}Factor% * (1 - ${slo.objective})`;
    const all = `sum(increase(${slo.all}[%burn.${key}Long%]))`;
    return {
      alert: `${title}ErrorBudgetBurn${id}`,
      // The last conditions: one bad token on an idle system would page, and one 5xx on a quiet one.
      expr: `${above(`${key}Long`)} and ignoring (window) ${above(`${key}Short`)} and on () ${all} > %burn.minimum% and on () ${share(`${key}Long`)} * on () ${all} >= %burn.minimumBad%`,
      for: `%burn.${key}For%`,
      labels: { ...labels(severity), slo: slo.id },
      annotations: annotations(
        'ErrorBudgetBurn',
        `${slo.title}: the error budget burns more than %burn.${key}Factor% times as fast as it may`,
        `Over %burn.${key}Long% and over %burn.${key}Short% the share of bad events was above %burn.${key}Factor% times what the objective of ${slo.objective} allows.`,
      ),
    };
  });
}

/**
 * The template as YAML; the order of keys is the order of writing.
 * @param selector PromQL that picks the series of one release; '' where there is no other
 */
export function rulesTemplate(selector = ''): string {
  const groups = ruleGroups().map(({ rules, ...group }) => ({
    ...group,
    rules: rules.map((rule) => ({ ...rule, expr: within(selector, rule.expr) })),
  }));
  return stringify({ groups }, { lineWidth: 0 });
}
