import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The primary's message to a worker. */
interface Request {
  readonly wanted: 'metrics';
}
/** The worker's answer. */
interface Answer {
  readonly metrics: Metrics;
}

/** A worker without an answer for so long is blocked: the others' figures do not wait for it. */
const ANSWER_MS = 2_000;

/** Not averaged: a share of the clients waits for the worker that is furthest behind. */
const GREATEST = /^nodejs_eventloop_lag_(?!min_)/;

/** From now on this worker answers when the primary wants its metrics. */
export function answerPrimary(registry: Registry): void {
  process.on('message', ({ wanted }: Partial<Request>) => {
    if (wanted !== 'metrics') return;
    void registry.getMetricsAsJSON().then((metrics) => {
      if (process.connected) process.send?.({ metrics } satisfies Answer);
    });
  });
}

/**
 * The metrics of all workers together. What a worker has counted stays in the sums when it has
 * ended, as far as it was last collected: a sum that falls reads as a restart from zero, and
 * Prometheus would take all that is left of it for new.
 */
export class WorkerMetrics {
  readonly contentType = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE;
  private readonly latest = new Map<number, Metrics>();
  private past: Metrics = [];

  constructor() {
    cluster.on('exit', ({ id }) => {
      this.past = sum([this.past, counted(this.latest.get(id))]).getMetricsAsArray() as Metrics;
      this.latest.delete(id);
    });
  }

  async collect(): Promise<string> {
    const silent = new Set((await this.askAll()).map(({ id }) => id));
    const present = [...this.latest].map(([id, metrics]) =>
      silent.has(id) ? counted(metrics) : metrics,
    );
    return sum([...present, this.past]).metrics();
  }

  /** Asks all workers; resolves with those that do not answer. */
  async askAll(): Promise<readonly Worker[]> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const answered = await Promise.all(workers.map((worker) => this.ask(worker)));
    return workers.filter((_, index) => !answered[index]);
  }

  /** Resolves with whether the worker has answered. */
  private ask(worker: Worker): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (answered: boolean) => {
        clearTimeout(timer);
        worker.off('message', take).off('exit', fail);
        resolve(answered);
      };
      const fail = () => end(false);
      const take = ({ metrics }: Partial<Answer>) => {
        if (metrics === undefined) return;
        this.latest.set(worker.id, metrics);
        end(true);
      };
      const timer = setTimeout(fail, ANSWER_MS);
      worker.on('message', take).on('exit', fail);
      worker.send({ wanted: 'metrics' } satisfies Request, (error) => {
        if (error) fail();
      });
    });
  }
}

/** The metrics of several workers as one registry. */
export function sum(all: readonly Metrics[]): Registry {
  return AggregatorRegistry.aggregate(
    all.map((metrics) =>
      metrics.map((one) => (GREATEST.test(one.name) ? { ...one, aggregator: 'max' } : one)),
    ),
  );
}

/** What only grows. A gauge of a worker that has ended says nothing. */
function counted(metrics: Metrics = []): Metrics {
  return metrics.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
