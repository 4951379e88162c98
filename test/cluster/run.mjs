/**
 * npm run test:cluster: the chart on a real Kubernetes, which it makes, uses and removes.
 *
 *   npm run test:cluster                       every scenario
 *   npm run test:cluster -- upgrade rollback   these only (install comes first anyway)
 *   --short                                    those that CI runs
 *   --keep                                     leaves the cluster up after a failure
 *   --report FILE                              writes the figures as JSON
 *
 * Installs the Debian packages and builds the tools that it lacks. The last line is
 * `N passed, N failed`; one step is a scenario, or a part of making and removing the cluster.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, giveUp } from '../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';

/** What every change may break, with tools that build in minutes. */
const SHORT = [
  'test',
  'upgrade',
  'rollback',
  'failed-upgrade',
  'eviction',
  'kill',
  'deploy-good',
  'deploy-bad-ready',
  'uninstall',
];

await bootstrap(import.meta.url, { build: true });
const { summary } = await import('../../scripts/lib/run-steps.mjs');
const { Cluster } = await import('./lib/cluster.mjs');
const { FAULTS, Load, System } = await import('./lib/system.mjs');
const { ROLLOUT_FAULTS } = await import('./lib/rollout-scenarios.mjs');
const { scenarios } = await import('./lib/scenarios.mjs');

const { values, positionals } = readOptions({
  options: {
    report: { type: 'string' },
    keep: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    clients: { type: 'string', default: '300' },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !scenarios[name]);
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(scenarios).join(', ')}.`);
  process.exit(2);
}
const all = values.short ? SHORT : Object.keys(scenarios);
const wanted = positionals.length > 0 ? positionals : all;
const started = performance.now();
const say = (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
/** The bad versions that the wanted scenarios need. */
const faultsOf = (names) =>
  FAULTS.filter(
    (fault) =>
      names.includes(`deploy-bad-${fault}`) ||
      (names.includes('rollouts') && ROLLOUT_FAULTS.includes(fault)),
  );
const figures = {};
const faults = [];
let passed = 0;
const cluster = new Cluster(say);
const system = new System(cluster);
let load;
// A signal ends the run after the present scenario, with its verdict and the removal.
let ending = '';
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (ending = signal));
try {
  await timed('killed-run', async () => {
    const run = spawnSync(process.execPath, [join(import.meta.dirname, 'killed-run.mjs')], {
      stdio: 'inherit',
    });
    if (run.signal !== 'SIGKILL') throw new Error('It ended before it was killed.');
    return {};
  });
  await timed('cluster', async () => {
    await cluster.start();
    return {};
  });
  await timed('images', async () => ({ built: system.images(faultsOf(wanted)) }));
  await timed('surroundings', async () => {
    await system.surroundings();
    return {};
  });
  for (const name of [
    'install',
    ...wanted.filter((one) => one !== 'install' && one !== 'uninstall'),
  ]) {
    const { failed = 0, reconnects } = load ? before(load) : {};
    if (ending) {
      faults.push(`ended by ${ending} before ${name}`);
      break;
    }
    await timed(name, async () => {
      const result = await scenarios[name]({ system, cluster, say, load });
      if (name === 'install') load = await startLoad();
      if (load && name !== 'install') {
        Object.assign(result, {
          failed: load.last.failed - failed,
          reconnects: load.last.opened - reconnects,
        });
        if (result.failed > 0 && !result.mayFail)
          faults.push(`${name}: ${result.failed} requests failed`);
      }
      return result;
    });
  }
  await judge();
  if (wanted.includes('uninstall')) {
    await timed('uninstall', () => scenarios.uninstall({ system, cluster, say }));
  }
} catch (error) {
  faults.push(error.message);
  if (load && !figures.verdict) await judge().catch((fault) => faults.push(fault.message));
  if (values.keep) {
    say(`kept: KUBECONFIG=${cluster.home}/admin.conf; ${error.stack}`);
    process.exit(1);
  }
}
try {
  await timed('removal', async () => {
    await cluster.stop();
    system.removeImages();
    return {};
  });
  const left = Object.entries(cluster.leftovers()).filter(([, list]) => list.length > 0);
  if (left.length > 0) faults.push(`left behind: ${JSON.stringify(left)}`);
} catch (error) {
  giveUp(error);
}
if (values.report) writeFileSync(values.report, `${JSON.stringify(figures, null, 2)}\n`);
for (const fault of faults) console.error(`✗ ${fault}`);
say(`${Math.round((performance.now() - started) / 1000)} s in all`);
console.log(summary([{ passed, failed: faults.length }]).line);
process.exit(faults.length === 0 ? 0 : 1);

/** What the clients have seen of all that was published. */
async function judge() {
  const verdict = await load.verdict();
  figures.verdict = verdict;
  say(`verdict ${JSON.stringify(verdict)}`);
  if (verdict.lost > 0) faults.push(`${verdict.lost} events lost`);
  if (verdict.doubled > 0) faults.push(`${verdict.doubled} events doubled`);
}

async function timed(name, work) {
  const from = performance.now();
  const earlier = faults.length;
  const result = await work().catch((error) => {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  });
  if (faults.length === earlier) passed += 1;
  figures[name] = { seconds: Math.round((performance.now() - from) / 100) / 10, ...result };
  say(`${name} ${JSON.stringify(figures[name])}`);
}

async function startLoad() {
  const made = new Load(system, { clients: Number(values.clients) });
  await cluster.until('the load runs', () => made.lines.length > 2);
  return made;
}

function before(made) {
  return { failed: made.last.failed, reconnects: made.last.opened };
}
