/**
 * The external metrics API (external.metrics.k8s.io/v1beta1) for the cluster test: answers
 * the two metrics of the chart's HPA from the Prometheus of the test. It stands in for
 * prometheus-adapter, which cannot be built from the registries that the test may use.
 *
 *   node external-metrics.mjs --prometheus URL --address IP --port N --key FILE --cert FILE
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string' },
    address: { type: 'string' },
    port: { type: 'string' },
    key: { type: 'string' },
    cert: { type: 'string' },
  },
});
const GROUP = 'external.metrics.k8s.io/v1beta1';
/** The queries that docs/operational/kubernetes.md gives for an adapter. */
const QUERIES = {
  vx11_tokens_issued_per_second: 'sum(rate(vx11_operator_ephemeral_tokens_issued_total[1m]))',
  vx11_streams_open: 'sum(vx11_operator_sse_connections_active)',
};

const server = createServer({ key: readFileSync(values.key), cert: readFileSync(values.cert) });
server.on('request', (req, res) => {
  void answer(new URL(req.url, 'https://localhost').pathname)
    .catch((error) => failure(503, error.message))
    .then(([status, body]) => {
      res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify(body));
    });
});
server.listen(Number(values.port), values.address);

async function answer(path) {
  if (path === `/apis/${GROUP}`) return [200, resources()];
  const [, name] = new RegExp(`^/apis/${GROUP}/namespaces/[^/]+/([^/]+)$`).exec(path) ?? [];
  if (!QUERIES[name]) return failure(404, `No metric at ${path}.`);
  const [sample] = await ask(QUERIES[name]);
  if (sample === undefined) return failure(404, `Prometheus has no ${name} yet.`);
  const item = {
    metricName: name,
    metricLabels: {},
    timestamp: new Date().toISOString(),
    // A quantity in thousandths, as Kubernetes writes fractions.
    value: `${Math.round(Number(sample.value[1]) * 1000)}m`,
  };
  return [200, { kind: 'ExternalMetricValueList', apiVersion: GROUP, metadata: {}, items: [item] }];
}

async function ask(query) {
  const url = `${values.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
  const { data } = await (await fetch(url)).json();
  return data.result;
}

function resources() {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: GROUP,
    resources: Object.keys(QUERIES).map((name) => ({
      name,
      singularName: '',
      namespaced: true,
      kind: 'ExternalMetricValueList',
      verbs: ['get'],
    })),
  };
}

function failure(code, message) {
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }];
}
