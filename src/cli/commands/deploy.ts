import type { Command } from 'commander';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../kernel/project-root.js';
import type { Context } from '../context.js';
import { Deployer, PHASES, finished } from '../deploy/deployer.js';
import { Release } from '../deploy/helm.js';
import { Journal, type Deployment } from '../deploy/journal.js';
import { Progress } from '../deploy/progress.js';
import { PrometheusApi } from '../deploy/prometheus.js';
import { ofNamespace } from '../deploy/release-selector.js';
import { gatesOf, readThresholds } from '../deploy/thresholds.js';
import { CommandError, EXIT } from '../errors.js';
import { runSmoke } from '../smoke.js';

/** What `deploy` and `rollback` share. */
interface ReleaseOptions {
  readonly release: string;
  readonly namespace: string;
  readonly chart: string;
  readonly kubeContext?: string;
  readonly state: string;
  readonly timeout: string;
}

interface DeployOptions extends ReleaseOptions {
  readonly prometheus: string;
  readonly selector?: string;
  readonly thresholds?: string;
  readonly observe: string;
  readonly dryRun: boolean;
  readonly resume: boolean;
}

const CHART = join(PROJECT_ROOT, 'helm/vx11-operator');
const STATE = join(PROJECT_ROOT, '.data/deployments');

function withReleaseOptions(command: Command): Command {
  return command
    .option('--release <name>', 'Helm release', 'vx11')
    .option('--namespace <name>', 'its namespace', 'vx11')
    .option('--chart <path>', 'the chart; default: the one of this clone', CHART)
    .option('--kube-context <name>', 'context of the kubeconfig')
    .option('--state <dir>', 'where deployments are recorded', STATE)
    .option('--timeout <seconds>', 'how long Helm may wait for the pods of one phase', '300');
}

function releaseOf({ release, namespace, chart, kubeContext }: ReleaseOptions): Release {
  return new Release(release, namespace, chart, kubeContext);
}

function journalOf({ state, namespace, release }: ReleaseOptions): Journal {
  return new Journal(join(state, `${namespace}-${release}.json`));
}

/**
 * `vx11 deploy VERSION`: three phases, each observed; when one fails, all of them are taken
 * back.
 */
export function addDeploy(program: Command, context: Context): void {
  withReleaseOptions(program.command('deploy <version>'))
    .description('roll a version out in three phases and return by itself when a figure goes wrong')
    .requiredOption('--prometheus <url>', 'Prometheus that scrapes the release')
    .option(
      '--selector <labels>',
      'PromQL that picks the series of the release; default: those of --namespace, and those without that label',
    )
    .option('--thresholds <file>', 'changes to the thresholds of the chart (JSON)')
    .option('--observe <seconds>', 'how long each phase is watched', '150')
    .option('--dry-run', 'check and show what each phase would change, and change nothing', false)
    .option('--resume', 'go on with a deployment that was interrupted', false)
    .addHelpText(
      'after',
      '\nPhases: 1 operator-backend, 2 tentaculo-link, 3 operator-frontend and neighbours.\nExit code 0: deployed; 1: taken back or not fit for a deployment.\nExample:\n  vx11 deploy 1.4.0 --prometheus http://prometheus.monitoring:9090',
    )
    .action(async (version: string, options: DeployOptions) => {
      const { api, output } = context();
      const thresholds = readThresholds(options.chart, options.thresholds);
      const selector = options.selector ?? ofNamespace(options.namespace);
      const gates = gatesOf(thresholds, selector);
      const release = releaseOf(options);
      const journal = journalOf(options);
      const deployer = new Deployer({
        release,
        journal,
        prometheus: new PrometheusApi(options.prometheus),
        gates,
        selector,
        thresholds,
        smoke: () => runSmoke(api),
        progress: new Progress(output, gates),
        observeSec: seconds(options.observe, '--observe'),
        timeoutSec: seconds(options.timeout, '--timeout'),
      });
      const last = journal.read();
      if (options.dryRun) {
        await deployer.preflight();
        for (const [index, { name, keys }] of PHASES.entries()) {
          const set = keys.map((key) => `${key}=${version}`);
          const before = await release.manifest();
          const changes = difference(before, manifestOf(await release.render(set)));
          output.result({ phase: index + 1, name, set, changes }, () =>
            [`Phase ${index + 1} (${name}) sets ${set.join(', ')}:`, ...changes].join('\n'),
          );
        }
        return;
      }
      // Until it is done, so that nobody takes an end in the middle for a success.
      process.exitCode = EXIT.failed;
      const deployment = options.resume
        ? interrupted(last, version)
        : await begin(deployer, last, version, options);
      journal.write(deployment);
      if (options.resume) await deployer.settle(deployment);
      const ended = await deployer.run(deployment);
      output.result(ended, () => report(ended));
      process.exitCode = ended.status === 'finished' ? EXIT.ok : EXIT.failed;
    });
}

function interrupted(last: Deployment | undefined, version: string): Deployment {
  if (last?.status === 'running' && last.version === version) return last;
  throw new CommandError(
    EXIT.usage,
    `No deployment of ${version} was interrupted.`,
    'Leave --resume out to begin a new one.',
  );
}

async function begin(
  deployer: Deployer,
  last: Deployment | undefined,
  version: string,
  { release, namespace }: ReleaseOptions,
): Promise<Deployment> {
  if (last?.status === 'running') {
    throw new CommandError(
      EXIT.failed,
      `A deployment of ${last.version} was interrupted after phase ${last.done}.`,
      `Go on with: vx11 deploy ${last.version} --resume …, or return with: vx11 rollback`,
    );
  }
  const from = await deployer.preflight();
  const startedAt = new Date().toISOString();
  return { release, namespace, version, startedAt, from, done: 0, status: 'running', log: [] };
}

/** `vx11 rollback`: back to the revision before the last deployment, or to a given one. */
export function addRollback(program: Command, context: Context): void {
  withReleaseOptions(program.command('rollback'))
    .description('return to the revision before the last deployment, all components at once')
    .option('--to <revision>', 'a revision of `helm history` instead')
    .addHelpText(
      'after',
      '\nAlso heals what `kubectl rollout undo` left: fields that Helm no longer owns, so that the\nnext upgrade would end in a conflict.\nExample:\n  vx11 rollback',
    )
    .action(async (options: ReleaseOptions & { to?: string }) => {
      const { api, output } = context();
      const release = releaseOf(options);
      const journal = journalOf(options);
      const last = journal.read();
      const to = options.to === undefined ? await before(release, last) : Number(options.to);
      if (to === undefined || !Number.isInteger(to)) {
        throw new CommandError(EXIT.usage, 'There is no revision to return to.', 'Name one: --to');
      }
      process.exitCode = EXIT.failed;
      output.line(`returning to revision ${to}`);
      await finished(release.rollback(to, seconds(options.timeout, '--timeout')));
      if (last?.status === 'running') {
        journal.write({ ...last, status: 'rolled-back', endedAt: new Date().toISOString() });
      }
      const failed = (await runSmoke(api)).filter(({ ok }) => !ok);
      output.result({ revision: to, smoke: failed.length === 0 }, () =>
        failed.length === 0
          ? `Back at revision ${to}; the smoke test passes.`
          : `Back at revision ${to}, but the smoke test fails: ${failed[0]?.claim}: ${failed[0]?.error}`,
      );
      process.exitCode = failed.length === 0 ? EXIT.ok : EXIT.failed;
    });
}

async function before(release: Release, last: Deployment | undefined): Promise<number | undefined> {
  if (last?.status === 'running' || last?.status === 'finished') return last.from;
  const rows = await release.history();
  const latest = rows.at(-1);
  // After an interrupted or failed operation, the last good one; else the one before it.
  if (latest?.status !== 'deployed') return release.lastGood();
  return rows.findLast(
    ({ revision, status }) => revision < latest.revision && status === 'superseded',
  )?.revision;
}

function seconds(text: string, option: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CommandError(EXIT.usage, `${option} ${text} is not a number of seconds.`);
}

function report({
  version,
  status,
  trigger,
  restoredAfterSec,
  log,
  startedAt,
  endedAt,
}: Deployment): string {
  const took = Math.round((Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)) / 1000);
  const head =
    status === 'finished'
      ? `Version ${version} is deployed (${took} s).`
      : `Version ${version} was taken back in phase ${trigger?.phase} by ${trigger?.name}: ${trigger?.reason}. ${status === 'rolled-back' ? `Restored after ${restoredAfterSec} s.` : 'THE ROLLBACK FAILED: look at the pods.'}`;
  return [head, ...log.map(({ at, what }) => `  ${at} ${what}`)].join('\n');
}

/** Helm's dry run prints notes around the manifest. */
function manifestOf(text: string): string {
  const from = text.indexOf('MANIFEST:\n');
  const to = text.indexOf('\nNOTES:');
  return text.slice(from < 0 ? 0 : from + 10, to < 0 ? undefined : to);
}

/** Lines that only one of the two has, in order; enough to see what an upgrade changes. */
export function difference(before: string, after: string): string[] {
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
  const [old, now] = [lines(before), lines(after)];
  const only = (these: string[], others: string[], mark: string) => {
    const left = new Map<string, number>();
    for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
    return these.flatMap((line) => {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count > 0 ? [] : [`${mark} ${line.trim()}`];
    });
  };
  return [...only(old, now, '-'), ...only(now, old, '+')];
}
