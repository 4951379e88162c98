// `vx11 deploy` on the cluster: a good version, a bad one for each trigger, and a kill -9.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FAULTS, NAMESPACE } from './system.mjs';

const COMPONENTS = ['operator-backend', 'tentaculo-link', 'operator-frontend'];
/** The trigger that has to notice each fault. */
const TRIGGERS = {
  errors: 'error-rate',
  latency: 'latency',
  validation: 'validation-failures',
  ready: 'not-ready',
  smoke: 'smoke',
};
/**
 * The chart's limits with shorter times, so that five rollbacks take minutes and not an hour.
 * The limits are the product's, but for failed validations: 300 clients do not make 100 a
 * second on two cores that also run the cluster.
 */
const SHORT = {
  errors: { window: '30s', for: '10s' },
  latency: { window: '30s', for: '10s' },
  validationFailures: { window: '30s', rollback: 30 },
  instances: { downFor: '30s' },
};

function args({ cluster, system }, ...more) {
  const thresholds = join(cluster.home, 'short.json');
  writeFileSync(thresholds, JSON.stringify(SHORT));
  return [
    '--json',
    'deploy',
    ...more,
    '--prometheus',
    system.prometheus,
    '--thresholds',
    thresholds,
    '--state',
    join(cluster.home, 'state'),
    '--namespace',
    NAMESPACE,
    '--observe',
    '20',
    '--timeout',
    '240',
  ];
}

/** Runs the command to its end; resolves to the report that it prints. */
function deploy(context, ...more) {
  return output(context.system.vx11(args(context, ...more)));
}

function output(child) {
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const last = out.trim().split('\n').at(-1) || '{}';
      resolve({ code, err, report: JSON.parse(last) });
    });
  });
}

function versions(system) {
  return [...new Set(COMPONENTS.flatMap((name) => system.versions(name)))].join();
}

/** Nothing is left that a gate would still see: figures of the last fault, ending pods. */
async function calm({ cluster }) {
  for (const name of COMPONENTS) {
    cluster.kubectl('-n', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=300s');
  }
  await delay(40_000);
}

async function bad(context, fault) {
  const before = versions(context.system);
  const { code, report, err } = await deploy(context, `bad-${fault}`);
  const { status, trigger, restoredAfterSec, log = [] } = report;
  if (code !== 1 || status !== 'rolled-back' || trigger?.name !== TRIGGERS[fault]) {
    throw new Error(`bad-${fault}: exit ${code}, ${JSON.stringify(report)} ${err}`);
  }
  const first = log.find(({ what }) => what.startsWith(`phase ${trigger.phase}`));
  const seen = log.find(({ what }) => what.startsWith('trigger'));
  await calm(context);
  if (versions(context.system) !== before)
    throw new Error(`after bad-${fault} runs ${versions(context.system)}`);
  return {
    trigger: trigger.name,
    reason: trigger.reason,
    phase: trigger.phase,
    noticedAfterSec: (Date.parse(seen.at) - Date.parse(first.at)) / 1000,
    restoredAfterSec,
    // A bad version answers badly until it is taken back.
    mayFail: true,
  };
}

export const deployScenarios = {
  async 'deploy-good'(context) {
    const { code, report, err } = await deploy(context, 'v2');
    if (code !== 0) throw new Error(`exit ${code} ${JSON.stringify(report)} ${err}`);
    if (versions(context.system) !== 'v2') throw new Error(`runs ${versions(context.system)}`);
    await delay(8_000);
    return { took: (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000 };
  },

  /** kill -9 of the command while phase 2 rolls out; a second one goes on and finishes. */
  async 'deploy-killed'(context) {
    const { cluster, system } = context;
    const child = system.vx11(args(context, 'v1'));
    const ended = output(child);
    await cluster.until(
      'phase 2 rolls out',
      () => system.versions('tentaculo-link').includes('v1'),
      300_000,
    );
    // nsenter has become the command itself.
    child.kill('SIGKILL');
    await ended.catch(() => undefined);
    const { code, report, err } = await deploy(context, 'v1', '--resume');
    if (code !== 0) throw new Error(`exit ${code} ${JSON.stringify(report)} ${err}`);
    if (versions(system) !== 'v1') throw new Error(`runs ${versions(system)}`);
    return { log: report.log.map(({ what }) => what) };
  },

  ...Object.fromEntries(
    FAULTS.map((fault) => [`deploy-bad-${fault}`, (context) => bad(context, fault)]),
  ),
};
