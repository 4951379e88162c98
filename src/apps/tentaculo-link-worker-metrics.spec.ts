import { collectDefaultMetrics, Registry } from 'prom-client';
import { sum } from './tentaculo-link-worker-metrics.js';

it('says how late the worker is that is furthest behind, and not the average of them', async () => {
  const lag = async (seconds: number) => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const metrics = await registry.getMetricsAsJSON();
    return metrics.map((one) =>
      one.name === 'nodejs_eventloop_lag_p99_seconds'
        ? { ...one, values: [{ value: seconds, labels: {} }] }
        : one,
    );
  };
  const text = await sum([await lag(0.9), await lag(0.01)] as never).metrics();
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds 0.9$/m);
});
