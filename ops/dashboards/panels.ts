import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  StackingConfigBuilder,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PRODUCT } from '../rules.js';
import { defaultThresholds, fill } from '../thresholds.js';

export const M = 'vx11_operator_';

/** Only the chosen releases; `$namespace` is a variable of every dashboard. */
export const IN = 'namespace=~"$namespace"';

/** Only the chosen instances of them; `$instance` is a variable as well. */
export const AT = `${IN},instance=~"$instance"`;

/** The scrape interval decides the shortest meaningful window: Grafana fills this in. */
export const WINDOW = '$__rate_interval';

export interface PanelSpec {
  readonly title: string;
  readonly description?: string;
  /** Legend → PromQL. A legend may use `{{label}}`. */
  readonly queries: Readonly<Record<string, string>>;
  /** Grafana's unit id, such as `s`, `reqps`, `percentunit`, `bytes`, `short`. */
  readonly unit: string;
  /** A line in red, PromQL number or `%group.name%`. */
  readonly limit?: string;
  readonly kind?: 'lines' | 'stacked' | 'stat';
  readonly max?: number;
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

function thresholds(limit: string | undefined): ThresholdsConfigBuilder {
  const steps: { value: number | null; color: string }[] = [{ value: null, color: 'green' }];
  if (limit) steps.push({ value: Number(fill(limit, defaultThresholds())), color: 'red' });
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function panel(spec: PanelSpec): StatBuilder | TimeseriesBuilder {
  const builder = spec.kind === 'stat' ? new StatBuilder() : new TimeseriesBuilder();
  builder
    .title(spec.title)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .min(0)
    .thresholds(thresholds(spec.limit))
    .height(spec.kind === 'stat' ? 4 : 8)
    .span(spec.kind === 'stat' ? 4 : 12);
  if (spec.description) builder.description(spec.description);
  if (spec.max !== undefined) builder.max(spec.max);
  for (const [legend, expr] of Object.entries(spec.queries)) {
    const query = new DataqueryBuilder().expr(expr).legendFormat(legend);
    builder.withTarget(spec.kind === 'stat' ? query.instant() : query.range());
  }
  if (builder instanceof TimeseriesBuilder) {
    builder
      .legend(
        new VizLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          .showLegend(true),
      )
      .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
    builder
      .drawStyle(GraphDrawStyle.Line)
      .lineWidth(1)
      .fillOpacity(spec.kind === 'stacked' ? 40 : 8);
    if (spec.kind === 'stacked')
      builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    if (spec.limit)
      builder.thresholdsStyle(
        new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line),
      );
  }
  return builder;
}

/** A variable to choose any number of values from; all of them at first. */
function choice(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .multi(true)
    .includeAll(true)
    .allValue('.*');
}

/**
 * One dashboard with what all of them share: the data source and the instances to
 * choose, deployments and alerts as annotations, a uid that links can rely on.
 */
export function dashboard(
  uid: string,
  title: string,
  description: string,
  panels: readonly PanelSpec[],
): Dashboard {
  const builder = new DashboardBuilder(`VX11 · ${title}`)
    .uid(`vx11-${uid}`)
    .description(description)
    .tags(['vx11'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    )
    .withVariable(
      // Empty where the series have no such label: "All" finds them.
      choice('namespace', 'Namespace', 'label_values(vx11_build_info, namespace)'),
    )
    .withVariable(choice('instance', 'Instance', `label_values(vx11_build_info{${IN}}, instance)`))
    .annotation(
      new AnnotationQueryBuilder()
        .name('Deployments')
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor('blue')
        .expr(
          `count by (app, version) (vx11_build_info{${IN}}) unless count by (app, version) (vx11_build_info{${IN}} offset 1m)`,
        )
        .titleFormat('{{app}} {{version}}'),
    )
    .annotation(
      new AnnotationQueryBuilder()
        .name('Alerts')
        .datasource(DATASOURCE)
        .enable(true)
        .iconColor('red')
        .expr(`ALERTS{${IN},product="${PRODUCT}",alertstate="firing"}`)
        .titleFormat('{{alertname}}'),
    );
  for (const spec of panels) builder.withPanel(panel(spec));
  return builder.build();
}
