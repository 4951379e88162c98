import { Injectable } from '@nestjs/common';
import { register, type Metric, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import { Clock } from '../kernel/clock.js';
import { SummarySource, type Distribution, type Reading } from '../health/summary-source.js';

const PREFIX = 'vx11_operator_';

type Values = MetricObjectWithValues<MetricValue<string>>['values'];

/** Reads the registry of this process directly, without HTTP. */
@Injectable()
export class PrometheusSummarySource extends SummarySource {
  private readonly metrics = new Map<string, Metric>();

  constructor(private readonly clock: Clock) {
    super();
  }

  async read(): Promise<Reading> {
    const [issued, published, delivered, ephemeral, principal, validations, tokens, streams] =
      await Promise.all(
        [
          'ephemeral_tokens_issued_total',
          'events_published_total',
          'events_delivered_total',
          'sse_connections_ephemeral_total',
          'sse_connections_principal_total',
          'token_validations_total',
          'ephemeral_tokens_active',
          'sse_connections_active',
        ].map((name) => this.values(name)),
      );
    const [issue, validation, open, delivery] = await Promise.all(
      [
        'token_issue_duration_seconds',
        'token_validation_duration_seconds',
        'sse_open_duration_seconds',
        'event_delivery_duration_seconds',
      ].map(async (name) => distribution(await this.values(name))),
    );
    return {
      at: this.clock.now(),
      monotonic: this.clock.monotonic(),
      issued: sum(issued),
      published: sum(published),
      delivered: sum(delivered),
      opened: { ephemeral: sum(ephemeral), principal: sum(principal) },
      validations: {
        valid: sum(validations, { result: 'valid' }),
        invalid: sum(validations, { result: 'invalid' }),
      },
      activeTokens: sum(tokens),
      streams: {
        ephemeral: sum(streams, { credential: 'ephemeral' }),
        principal: sum(streams, { credential: 'principal' }),
      },
      latencies: {
        issue: issue ?? NONE,
        validation: validation ?? NONE,
        open: open ?? NONE,
        delivery: delivery ?? NONE,
      },
    };
  }

  /** @throws Error for an unregistered name: returning 0 would falsify the summary. */
  private async values(name: string): Promise<Values> {
    // Cached, because a second app in this process (in a test) clears the registry.
    const metric = this.metrics.get(name) ?? register.getSingleMetric(PREFIX + name);
    if (!metric) throw new Error(`the metric ${PREFIX}${name} is not registered`);
    this.metrics.set(name, metric);
    return ((await metric.get()) as MetricObjectWithValues<MetricValue<string>>).values;
  }
}

const NONE: Distribution = { bounds: [], counts: [] };

function sum(values: Values = [], labels: Record<string, string> = {}): number {
  return values
    .filter((row) => Object.entries(labels).every(([name, value]) => row.labels[name] === value))
    .reduce((total, row) => total + row.value, 0);
}

function distribution(values: Values): Distribution {
  const buckets = values.filter((row) => row.labels['le'] !== undefined);
  return {
    bounds: buckets.map((row) =>
      row.labels['le'] === '+Inf' ? Infinity : Number(row.labels['le']),
    ),
    counts: buckets.map((row) => row.value),
  };
}
