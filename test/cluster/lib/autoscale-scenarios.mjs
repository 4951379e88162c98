// The HorizontalPodAutoscaler of the chart, run by the real controller manager on figures of
// the real Prometheus: 1 → 3 → 1 real pods under load, and 1 → 10 pods on nodes of kwok.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTools } from '../../../scripts/lib/cluster-tools.mjs';
import { customResources } from '../../../scripts/lib/custom-resources.mjs';
import { root } from '../../../scripts/lib/bootstrap.mjs';
import { NODE_IP } from './settings.mjs';
import { NAMESPACE } from './system.mjs';

const METRICS_PORT = 9443;
/** Tokens a second of the burst; a real pod shall carry 6 of them, one on kwok 1. */
const BURST = 17;
const WIDE = 'vx11-wide';
const PATIENCE_MS = 300_000;
const apply = (cluster, ...objects) =>
  cluster.run('kubectl', ['apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });

/** Short times of calm: the chart's five minutes would make an hour of this. */
const scaling = (minReplicas, maxReplicas, tokens) => ({
  'autoscaling.kind': 'hpa',
  'autoscaling.minReplicas': minReplicas,
  'autoscaling.maxReplicas': maxReplicas,
  'autoscaling.tokensPerSecondPerPod': tokens,
  'autoscaling.streamsPerPod': 1000,
  'autoscaling.scaleDownStabilizationSeconds': 15,
  'autoscaling.scaleDownPeriodSeconds': 15,
});
const set = (values) =>
  Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

async function serveMetrics({ cluster, system }) {
  const pki = (file) => join(cluster.home, 'pki', file);
  cluster.background('external-metrics', process.execPath, [
    join(root, 'test/cluster/external-metrics.mjs'),
    '--prometheus',
    system.prometheus,
    '--address',
    NODE_IP,
    '--port',
    String(METRICS_PORT),
    '--key',
    pki('external-metrics.key'),
    '--cert',
    pki('external-metrics.crt'),
  ]);
  const name = 'external-metrics';
  const metadata = { name, namespace: 'kube-system' };
  apply(
    cluster,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ name: 'https', port: 443, targetPort: METRICS_PORT }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: METRICS_PORT, protocol: 'TCP' }],
      endpoints: [{ addresses: [NODE_IP], conditions: { ready: true } }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        caBundle: cluster.authority(),
        service: { name, namespace: 'kube-system', port: 443 },
      },
    },
  );
  await cluster.until('the external metrics API answers', () =>
    cluster.succeeds('kubectl', [
      'get',
      '--raw',
      `/apis/external.metrics.k8s.io/v1beta1/namespaces/${NAMESPACE}/vx11_streams_open`,
    ]),
  );
}

/** A second release whose pods are scheduled to nodes that only kwok plays. */
async function installWide({ cluster }) {
  const [folder] = buildTools(['kwok'], cluster.say);
  const stages = customResources(cluster.say).files['sigs.k8s.io/kwok'];
  const config = join(cluster.home, 'kwok.yaml');
  writeFileSync(config, stages.map((file) => readFileSync(file, 'utf8')).join('\n---\n'));
  cluster.background('kwok', join(folder, 'kwok'), [
    `--kubeconfig=${join(cluster.home, 'admin.conf')}`,
    `--config=${config}`,
    '--manage-all-nodes=false',
    '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
    // Without leases the controller manager takes the nodes for lost after 40 seconds.
    '--node-lease-duration-seconds=40',
  ]);
  const nodes = Array.from({ length: 6 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `kwok-${index}`,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        type: 'kwok',
        'kubernetes.io/hostname': `kwok-${index}`,
        'topology.kubernetes.io/zone': `zone-${index % 3}`,
      },
    },
    spec: { taints: [{ key: 'type', value: 'kwok', effect: 'NoSchedule' }] },
    status: {
      allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
    },
  }));
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  apply(
    cluster,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: WIDE, labels } },
    ...nodes,
  );
  const values = join(root, 'test/cluster/wide-values.yaml');
  const chart = join(root, 'helm/vx11-operator');
  cluster.run('helm', [
    'install',
    'wide',
    chart,
    '-n',
    WIDE,
    '-f',
    values,
    ...set(scaling(1, 10, 1)),
  ]);
}

function replicas(cluster, namespace) {
  const { spec, status } = cluster.get('deployment', 'operator-backend', '-n', namespace);
  return { wanted: spec.replicas, ready: status.readyReplicas ?? 0, all: status.replicas ?? 0 };
}

/** Resolves to the seconds until exactly `count` pods are wanted, ready and left. */
async function reaches(cluster, namespace, count) {
  const from = performance.now();
  let seen;
  await cluster
    .until(
      `${count} pods of operator-backend in ${namespace}`,
      () => {
        seen = replicas(cluster, namespace);
        return seen.wanted === count && seen.ready === count && seen.all === count;
      },
      PATIENCE_MS,
    )
    .catch((error) => {
      const hpa = cluster.kubectl('describe', 'hpa', '-n', namespace);
      throw new Error(`${JSON.stringify(seen)}\n${hpa.slice(-1500)}\n${error.message}`);
    });
  return Math.round((performance.now() - from) / 1000);
}

/**
 * Gives the number of pods to a field manager of its own before the chart lets go of it.
 * Without this the field would fall back to its default, one pod, for as long as the
 * autoscaler takes to notice.
 */
function handOver(cluster, count) {
  cluster.run(
    'kubectl',
    [
      'apply',
      '--server-side',
      '--field-manager=hand-over',
      '--validate=false',
      '-n',
      NAMESPACE,
      '-f',
      '-',
    ],
    {
      input: JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'operator-backend' },
        spec: { replicas: count },
      }),
    },
  );
}

export const autoscaleScenarios = {
  async autoscale(context) {
    const { cluster, system, say } = context;
    await serveMetrics(context);
    const before = replicas(cluster, NAMESPACE).wanted;
    handOver(cluster, before);
    const scaled = set(scaling(1, 3, 6));
    system.helm(...system.chart('upgrade', 'v1', ...scaled, '--wait', '--timeout', '300s'));
    const kept = replicas(cluster, NAMESPACE).wanted;
    if (kept < before) throw new Error(`${before} pods became ${kept} as autoscaling began.`);
    await installWide(context);
    const figures = { toOne: await reaches(cluster, NAMESPACE, 1) };
    await reaches(cluster, WIDE, 1);
    say(`autoscale: one pod each; ${BURST} tokens a second begin`);

    const burst = cluster.spawn(
      process.execPath,
      [join(root, 'test/cluster/burst.mjs'), '--url', system.url, '--rate', String(BURST)],
      { env: { VX11_TOKEN: system.token }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let printed = '';
    burst.stdout.on('data', (chunk) => (printed += chunk));
    const over = new Promise((resolve) => burst.once('close', resolve));
    try {
      const [three, ten] = await Promise.all([
        reaches(cluster, NAMESPACE, 3),
        reaches(cluster, WIDE, 10),
      ]);
      Object.assign(figures, { oneToThree: three, oneToTenOnKwok: ten });
      // An upgrade leaves the number of pods to the autoscaler.
      system.helm(
        ...system.chart('upgrade', 'v1', ...scaled, '--set', 'topologySpread.enabled=true'),
      );
      if (replicas(cluster, NAMESPACE).wanted !== 3)
        throw new Error('An upgrade changed the pods.');
      figures.zones = zones(cluster);
    } finally {
      burst.kill('SIGTERM');
      await over;
    }
    figures.burst = JSON.parse(printed.trim());
    figures.threeToOne = await reaches(cluster, NAMESPACE, 1);
    figures.tenToOneOnKwok = await reaches(cluster, WIDE, 1);
    cluster.run('helm', ['uninstall', 'wide', '-n', WIDE]);
    // The autoscaler owns the number of pods now; the chart takes it back by force.
    const back = ['--force-conflicts', '--wait', '--timeout', '300s'];
    system.helm(...system.chart('upgrade', 'v1', ...back));
    figures.backToThree = await reaches(cluster, NAMESPACE, 3);
    return figures;
  },
};

/** Pods of the wide release in each zone. */
function zones(cluster) {
  const zoneOf = Object.fromEntries(
    cluster
      .get('nodes', '-l', 'type=kwok')
      .items.map(({ metadata }) => [metadata.name, metadata.labels['topology.kubernetes.io/zone']]),
  );
  const counts = {};
  const selector = 'app.kubernetes.io/name=operator-backend';
  for (const { spec } of cluster.get('pods', '-n', WIDE, '-l', selector).items) {
    const zone = zoneOf[spec.nodeName];
    counts[zone] = (counts[zone] ?? 0) + 1;
  }
  return counts;
}
