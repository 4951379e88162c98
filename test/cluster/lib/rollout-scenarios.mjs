// Argo Rollouts on the cluster: its real controller takes a good version over step by step,
// and takes a bad one back by the AnalysisTemplate that the chart makes of the thresholds.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildTools } from '../../../scripts/lib/cluster-tools.mjs';
import { define } from './definitions.mjs';
import { Load, ROLLOUTS_NAMESPACE, System } from './system.mjs';

const ROLLOUTS = ['operator-backend', 'tentaculo-link'];
/** The bad versions that it takes back. */
export const ROLLOUT_FAULTS = ['errors', 'ready'];
const PATIENCE_MS = 400_000;
/** The chart's limits, looked at over less time; two minutes a step would make an hour. */
const VALUES = {
  'rollouts.pauseSeconds': 30,
  'rollouts.progressDeadlineSeconds': 45,
  'monitoring.thresholds.errors.window': '30s',
  'monitoring.thresholds.latency.window': '30s',
  'redis.prefix': 'rollouts:',
  'smokeTest.tokenSecret': '',
};

function upgrade(system, command, tag, enabled) {
  const values = {
    ...VALUES,
    'rollouts.enabled': enabled,
    'rollouts.prometheusUrl': system.prometheus,
  };
  const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  system.helm(...system.chart(command, tag, ...set));
}

const rollout = (cluster, name) => cluster.get('rollout', name, '-n', ROLLOUTS_NAMESPACE);

/** Resolves to the seconds until the Rollouts are in this phase, for what they are told now. */
async function reaches(cluster, phase, names = ROLLOUTS) {
  const from = performance.now();
  let seen;
  await cluster
    .until(
      `the Rollouts are ${phase}`,
      () => {
        const all = names.map((name) => rollout(cluster, name));
        seen = all.map(({ status }) => `${status?.phase}: ${status?.message ?? ''}`);
        return all.every(
          ({ metadata, status }) =>
            status?.phase === phase && Number(status.observedGeneration) === metadata.generation,
        );
      },
      PATIENCE_MS,
    )
    .catch((error) => {
      throw new Error(`${seen?.join('; ')}: ${error.message}`);
    });
  return Math.round((performance.now() - from) / 1000);
}

/** The measurements that failed, by name, of all analyses that did. */
function failedMetrics(cluster) {
  const { items } = cluster.get('analysisruns', '-n', ROLLOUTS_NAMESPACE);
  const failed = items
    .filter(({ status }) => status?.phase === 'Failed')
    .flatMap(({ status }) => status.metricResults.filter((one) => one.phase === 'Failed'));
  return [...new Set(failed.map(({ name }) => name))];
}

/** Upgrades to a version that has to be taken back; then Helm returns to the one before. */
async function takenBack({ cluster, system, load }, fault, names, reason) {
  const before = load.last.failed;
  upgrade(system, 'upgrade', `bad-${fault}`, true);
  const degradedAfter = await reaches(cluster, 'Degraded', names);
  const { status } = rollout(cluster, 'operator-backend');
  if (status.abort !== true || !reason.test(status.message))
    throw new Error(`bad-${fault} ended as ${status.phase}: ${status.message}`);
  await cluster.until(
    'the bad pods are gone',
    () => system.versions('operator-backend').join() === 'v2',
    120_000,
  );
  const metrics = failedMetrics(cluster);
  system.helm('rollback', 'vx11');
  const healedAfter = await reaches(cluster, 'Healthy');
  return { degradedAfter, healedAfter, metrics, failed: load.last.failed - before };
}

/** The switch, a good version and the bad ones, under load. */
async function play(context) {
  const { cluster, system, load, say, figures } = context;
  // Helm would delete the Deployments and all of their pods before the new ones are ready.
  // Without their Deployments the pods stay, and the Rollouts take them over.
  const orphaned = ROLLOUTS.map((name) => `deployment/${name}`);
  cluster.kubectl('-n', ROLLOUTS_NAMESPACE, 'delete', '--cascade=orphan', ...orphaned);
  upgrade(system, 'upgrade', 'v1', true);
  figures.switched = await reaches(cluster, 'Healthy');
  await cluster.until('only pods of the Rollouts are left', () =>
    ROLLOUTS.every((name) =>
      system.pods(name).every(({ metadata }) => metadata.labels['rollouts-pod-template-hash']),
    ),
  );
  // A request that met a vanished pod fails after half a minute.
  await delay(35_000);
  figures.failedBySwitching = load.last.failed;
  if (figures.failedBySwitching > 0) throw new Error('Requests failed during the switch.');
  say(`rollouts: switched, ${JSON.stringify(figures)}`);

  upgrade(system, 'upgrade', 'v2', true);
  figures.promoted = await reaches(cluster, 'Healthy');
  if (system.versions('operator-backend').join() !== 'v2')
    throw new Error(`After the promotion runs ${system.versions('operator-backend').join()}.`);
  await delay(8_000);
  figures.failedByPromotion = load.last.failed - figures.failedBySwitching;
  if (figures.failedByPromotion > 0) throw new Error('Requests failed during the promotion.');
  say(`rollouts: promoted, ${JSON.stringify(figures)}`);

  figures.errors = await takenBack(context, 'errors', ROLLOUTS, /errors/);
  say(`rollouts: taken back, ${JSON.stringify(figures.errors)}`);
  figures.ready = await takenBack(context, 'ready', ['operator-backend'], /aborted/i);
}

export const rolloutScenarios = {
  async rollouts({ cluster, say }) {
    define(cluster, 'github.com/argoproj/argo-rollouts');
    const [folder] = buildTools(['argo-rollouts'], say);
    cluster.background('argo-rollouts', join(folder, 'rollouts-controller'), [
      `--kubeconfig=${join(cluster.home, 'admin.conf')}`,
      '--leader-elect=false',
      '--healthzPort=18090',
      '--metricsport=18091',
    ]);
    const system = new System(cluster, ROLLOUTS_NAMESPACE);
    system.room();
    upgrade(system, 'install', 'v1', false);
    for (const name of [...ROLLOUTS, 'operator-frontend']) {
      const args = ['rollout', 'status', `deployment/${name}`, '--timeout=300s'];
      cluster.kubectl('-n', ROLLOUTS_NAMESPACE, ...args);
    }
    const load = new Load(system, { clients: 50 });
    const figures = {};
    try {
      await cluster.until('the load runs', () => load.lines.length > 2);
      await play({ cluster, system, load, say, figures });
      figures.verdict = await load.verdict();
    } finally {
      load.child.kill('SIGKILL');
    }
    const { lost, doubled } = figures.verdict;
    if (lost + doubled > 0) throw new Error(`rollouts: lost ${lost}, doubled ${doubled}`);
    system.helm('uninstall', 'vx11', '--wait', '--timeout', '120s');
    cluster.kubectl('delete', 'namespace', ROLLOUTS_NAMESPACE, '--timeout=120s');
    return figures;
  },
};
