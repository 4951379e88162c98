// The scenarios of `npm run test:cluster`. Each resolves to its figures or throws.
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { NAMESPACE } from './system.mjs';
import { autoscaleScenarios } from './autoscale-scenarios.mjs';
import { deployScenarios } from './deploy-scenarios.mjs';
import { newcomerScenario } from './newcomer-scenario.mjs';
import { rolloutScenarios } from './rollout-scenarios.mjs';
import { routeScenarios } from './route-scenarios.mjs';

const COMPONENTS = ['operator-backend', 'tentaculo-link', 'operator-frontend'];
const WAIT = ['--wait', '--timeout', '300s'];

/** Streams come back within five seconds of a goodbye; then the figures are complete. */
const settle = () => delay(8_000);

/** Longer than a pod may take to end. */
const ENDING_MS = 90_000;

async function rolledOut({ cluster, system }) {
  for (const name of COMPONENTS) {
    cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=300s');
  }
  const isEnding = ({ metadata }) => metadata.deletionTimestamp !== undefined;
  const latest = performance.now() + ENDING_MS;
  while (COMPONENTS.some((name) => system.pods(name).some(isEnding))) {
    if (performance.now() > latest) throw new Error('A pod does not end.');
    await delay(500);
  }
  await settle();
}

function expectVersions(system, version, components = COMPONENTS) {
  for (const name of components) {
    const versions = system.versions(name);
    if (versions.join() !== version)
      throw new Error(`${name} runs ${versions.join()}, not ${version}`);
  }
}

/** Only pods that are not ending. */
function pods(cluster, name) {
  return cluster
    .get('pods', '-n', NAMESPACE, '-l', `app.kubernetes.io/name=${name}`)
    .items.filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata);
}

async function evict(cluster, pod) {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace: NAMESPACE },
  };
  let refused = 0;
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod}/eviction`;
  await cluster.until(`${pod} is evicted`, async () => {
    const { status, stderr } = cluster.run('kubectl', ['create', '--raw', path, '-f', '-'], {
      input: JSON.stringify(body),
      check: false,
    });
    if (status === 0) return true;
    if (!/disruption budget/.test(stderr)) throw new Error(stderr);
    refused += 1;
    await delay(1_000);
    return false;
  });
  return refused;
}

export const scenarios = {
  async install({ system, cluster }) {
    const from = performance.now();
    system.helm(...system.chart('install', 'v1', ...WAIT));
    const installed = (performance.now() - from) / 1000;
    await system.smoke();
    const firstEvent = (performance.now() - from) / 1000;
    expectVersions(system, 'v1');
    const warnings = cluster.kubectl(
      '-n',
      NAMESPACE,
      'get',
      'events',
      '--field-selector',
      'type=Warning',
      '-o',
      'name',
    );
    return { installed, firstEvent, warnings: warnings.split('\n').filter(Boolean).length };
  },

  async test({ system }) {
    system.helm('test', 'vx11', '--logs');
    return {};
  },

  async upgrade(context) {
    const { system } = context;
    system.helm(...system.chart('upgrade', 'v2', ...WAIT));
    await rolledOut(context);
    expectVersions(system, 'v2');
    return {};
  },

  async rollback(context) {
    const { system } = context;
    system.helm('rollback', 'vx11', ...WAIT);
    await rolledOut(context);
    expectVersions(system, 'v1');
    return {};
  },

  /** From the chart and the images of an old commit to today's, and its instances side by side. */
  async 'version-before'(context) {
    const { system } = context;
    const commit = system.versionBefore();
    const failed = () => context.load.last.failed;
    const start = failed();
    const [, release, , ...values] = system.chart(
      'upgrade',
      'before',
      '--force-conflicts',
      ...WAIT,
    );
    system.helm('upgrade', release, system.chartBefore, ...values);
    await rolledOut(context);
    expectVersions(system, 'before');
    const before = failed();
    system.helm(...system.chart('upgrade', 'v1', ...WAIT));
    await rolledOut(context);
    expectVersions(system, 'v1');
    // The old version has shutdown faults of its own: the verdict counts what was lost.
    return {
      commit,
      failedGoingBack: before - start,
      failedUpgrading: failed() - before,
      mayFail: true,
    };
  },

  /** An image that does not exist: Helm returns by itself. */
  async 'failed-upgrade'(context) {
    const { system } = context;
    const { status } = system.tryHelm(
      ...system.chart('upgrade', 'missing', '--rollback-on-failure', '--wait', '--timeout', '30s'),
    );
    if (status === 0) throw new Error('An upgrade to an image that does not exist succeeded.');
    await rolledOut(context);
    expectVersions(system, 'v1');
    return {};
  },

  /** `kubectl rollout undo` takes the fields from Helm; `helm rollback` takes them back. */
  async 'rollout-undo'(context) {
    const { system, cluster } = context;
    system.helm(...system.chart('upgrade', 'v2', ...WAIT));
    for (const name of COMPONENTS) {
      cluster.kubectl('-n', NAMESPACE, 'rollout', 'undo', `deployment/${name}`);
    }
    await rolledOut(context);
    expectVersions(system, 'v1');
    const upgrade = system.tryHelm(...system.chart('upgrade', 'v2', ...WAIT));
    const conflict = upgrade.status !== 0 && /conflict/i.test(upgrade.stderr);
    const list = JSON.parse(system.helm('history', 'vx11', '-o', 'json'));
    const deployed = list.findLast(
      ({ status }) => status === 'deployed' || status === 'superseded',
    );
    if (upgrade.status !== 0)
      system.helm('rollback', 'vx11', String(deployed.revision), '--force-conflicts', ...WAIT);
    await rolledOut(context);
    system.helm(...system.chart('upgrade', 'v1', ...WAIT));
    await rolledOut(context);
    expectVersions(system, 'v1');
    return {
      conflict,
      error: upgrade.status === 0 ? '' : upgrade.stderr.trim().split('\n').at(-1).slice(0, 300),
    };
  },

  /** Every pod of the two that carry streams, one after the other. */
  async eviction(context) {
    const { cluster } = context;
    let evicted = 0;
    let refused = 0;
    for (const name of ['operator-backend', 'tentaculo-link']) {
      for (const pod of pods(cluster, name)) {
        refused += await evict(cluster, pod.name);
        evicted += 1;
        await delay(500);
      }
    }
    await rolledOut(context);
    return { evicted, refused };
  },

  /** SIGKILL to the process of one backend: the gateway sends what it had in hand to another. */
  async kill(context) {
    const { cluster } = context;
    const [pod] = pods(cluster, 'operator-backend');
    const [file] = globSync(
      `/sys/fs/cgroup/memory/kubepods/**/pod${pod.uid}/**/cgroup.procs`,
    ).filter((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .some((pid) =>
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('operator-backend.js'),
        ),
    );
    const [pid] = readFileSync(file, 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await delay(2_000);
    await rolledOut(context);
    return {};
  },

  ...autoscaleScenarios,
  ...routeScenarios,
  ...newcomerScenario,

  ...deployScenarios,

  ...rolloutScenarios,

  async uninstall({ system, cluster }) {
    system.helm('uninstall', 'vx11', '--wait', '--timeout', '120s');
    const kinds = 'all,configmap,secret,pvc,networkpolicy,pdb,serviceaccount,ingress,hpa';
    let left = [];
    await cluster
      .until('nothing is left', () => {
        left = cluster
          .kubectl('-n', NAMESPACE, 'get', kinds, '-o', 'name')
          .split('\n')
          .filter(
            (name) =>
              name &&
              !/kube-root-ca|serviceaccount\/default$|secret\/vx11-(secrets|principals|redis|smoke)$/.test(
                name,
              ),
          );
        return left.length === 0;
      })
      .catch((error) => {
        throw new Error(`${left.join(' ')} left: ${error.message.slice(0, 100)}`);
      });
    return { left: left.length };
  },
};
