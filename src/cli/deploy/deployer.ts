import { setTimeout as delay } from 'node:timers/promises';
import { CommandError, EXIT } from '../errors.js';
import type { SmokeStep } from '../smoke.js';
import type { Operation, PodState, Release } from './helm.js';
import type { Deployment, Journal } from './journal.js';
import type { PrometheusApi } from './prometheus.js';
import type { Progress } from './progress.js';
import { within } from './release-selector.js';
import { milliseconds, type Gate, type Thresholds } from './thresholds.js';
import { Lasting, Watchdog, type Readings, type Trigger } from './watchdog.js';

/** One release, three upgrades. The last phase makes the version the whole release's. */
export const PHASES = [
  { name: 'backend', components: ['operator-backend'], keys: ['backend.tag'] },
  { name: 'gateway', components: ['tentaculo-link'], keys: ['gateway.tag'] },
  {
    name: 'front end',
    components: ['operator-frontend'],
    keys: ['frontend.tag', 'neighbours.tag', 'image.tag'],
  },
] as const;

/** Milliseconds between two checks of the figures; a short observation makes at least two. */
const POLL_MS = 2_000;

/** Trigger of a deployment that nobody watches any more. */
const BLIND = 'blind';

export interface DeployParts {
  readonly release: Release;
  readonly journal: Journal;
  readonly prometheus: PrometheusApi;
  readonly gates: readonly Gate[];
  /** PromQL that picks the series of the release; '' for all. */
  readonly selector: string;
  readonly thresholds: Thresholds;
  readonly smoke: () => Promise<readonly SmokeStep[]>;
  readonly progress: Progress;
  /** Seconds for which the figures are watched after each phase. */
  readonly observeSec: number;
  /** Seconds that Helm may wait for the pods of one phase. */
  readonly timeoutSec: number;
}

/** Runs a deployment phase by phase, and takes all of it back when a figure goes wrong. */
export class Deployer {
  private readonly watchdog: Watchdog;
  private readonly lasting = new Lasting();
  /** Milliseconds for which a pod may be not ready, and for which figures may be missing. */
  private readonly patienceMs: number;
  /** Why the last look saw nothing. */
  private blindness: string | undefined;

  constructor(private readonly parts: DeployParts) {
    this.watchdog = new Watchdog(parts.gates);
    this.patienceMs = milliseconds(String(parts.thresholds['instances']?.['downFor']));
  }

  /** @throws CommandError when the system is not fit for a deployment */
  async preflight(): Promise<number> {
    const { release, prometheus, progress, selector } = this.parts;
    if (await release.isPending()) {
      throw new CommandError(
        EXIT.failed,
        `Another operation on the release ${release.name} is under way or was interrupted.`,
        'Wait for it, or return to the last good revision with: vx11 rollback',
      );
    }
    const from = await release.deployed();
    if (from === undefined) {
      throw new CommandError(
        EXIT.failed,
        `The release ${release.name} has no deployed revision.`,
        'Install it first with helm install.',
      );
    }
    const up = within(selector, 'count(up{job="operator-backend"} == 1)');
    if (((await prometheus.value(up)) ?? 0) < 1) {
      throw new CommandError(
        EXIT.failed,
        'Prometheus scrapes no operator-backend of this release that is up.',
        `Without figures nothing could trigger a rollback. Check the scrape configuration, and --namespace or --selector: ${up}`,
      );
    }
    const [digest] = await release.digests();
    if (digest !== undefined) {
      throw new CommandError(
        EXIT.failed,
        `The release sets ${digest}, and a digest wins over the version.`,
        `Every phase would leave the images as they are. Take it out first: helm upgrade … --set ${digest}=`,
      );
    }
    await release.pods(PHASES[0].components[0]);
    const trigger = this.watchdog.observe(await this.readings(), performance.now());
    if (trigger) throw unfit(trigger.reason);
    const failed = (await this.parts.smoke()).find(({ ok }) => !ok);
    if (failed) throw unfit(`the smoke test fails: ${failed.claim}: ${failed.error ?? ''}`);
    progress.note(`pre-flight passed; revision ${from} is deployed`);
    return from;
  }

  /** Runs the phases that are not done. Resolves when all are, or all is taken back. */
  async run(deployment: Deployment): Promise<Deployment> {
    for (let phase = deployment.done; phase < PHASES.length; phase += 1) {
      const trigger = await this.phase(deployment, phase);
      if (trigger) return this.takeBack(deployment, trigger, phase);
      deployment.done = phase + 1;
      this.record(deployment, `phase ${phase + 1} (${PHASES[phase]?.name}) done`);
    }
    deployment.status = 'finished';
    deployment.endedAt = new Date().toISOString();
    this.record(deployment, `version ${deployment.version} is deployed`);
    return deployment;
  }

  /** After an interruption: an upgrade that nobody waits for any more goes back first. */
  async settle(deployment: Deployment): Promise<void> {
    const { release, timeoutSec } = this.parts;
    const { helmPid } = deployment;
    while (helmPid !== undefined && isAlive(helmPid)) await delay(POLL_MS);
    if (!(await release.isPending())) return;
    const good = await release.lastGood();
    if (good === undefined) return;
    this.record(deployment, `an interrupted operation is taken back to revision ${good}`);
    await finished(release.rollback(good, timeoutSec));
  }

  private async phase(deployment: Deployment, index: number): Promise<Trigger | undefined> {
    const phase = PHASES[index];
    if (!phase) return undefined;
    const { release, progress, timeoutSec, observeSec, smoke, journal } = this.parts;
    this.record(deployment, `phase ${index + 1} (${phase.name}) begins`);
    const set = phase.keys.map((key) => `${key}=${deployment.version}`);
    const upgrade = release.upgrade(set, timeoutSec);
    deployment.helmPid = upgrade.pid;
    journal.write(deployment);
    let ended: { code: number; output: string } | undefined;
    const done = upgrade.done.then((result) => (ended = result));
    let watchedUntil: number | undefined;
    let step: Trigger | undefined;
    for (;;) {
      step = await this.look(deployment, phase.components[0]);
      if (step) break;
      if (ended && ended.code !== 0) {
        step = { name: 'upgrade', reason: `helm upgrade failed: ${lastLine(ended.output)}` };
        break;
      }
      if (ended && watchedUntil === undefined) {
        const failed = (await smoke()).find(({ ok }) => !ok);
        if (failed) {
          step = { name: 'smoke', reason: `${failed.claim}: ${failed.error ?? ''}` };
          break;
        }
        watchedUntil = performance.now() + observeSec * 1000;
      }
      const left =
        watchedUntil === undefined ? observeSec : (watchedUntil - performance.now()) / 1000;
      // Nothing is promised about a time in which nobody looked.
      if (watchedUntil !== undefined && left <= 0 && this.blindness === undefined) break;
      progress.show(
        index,
        PHASES.length,
        ended ? 1 - left / observeSec : 0,
        ended ? 'watching' : 'rolling out',
      );
      await Promise.race([
        delay(Math.min(POLL_MS, (observeSec * 1000) / 2)),
        ...(ended ? [] : [done]),
      ]);
    }
    if (!ended) {
      upgrade.stop();
      await done;
    }
    return step;
  }

  /** One look at the figures and the pods. A short time without an answer is no reason to go back. */
  private async look(deployment: Deployment, component: string): Promise<Trigger | undefined> {
    const { release, progress } = this.parts;
    let readings: Readings;
    let pods: readonly PodState[];
    try {
      [readings, pods] = await Promise.all([this.readings(), release.pods(component)]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return this.blind(deployment, error.message);
    }
    const now = performance.now();
    this.lasting.look(BLIND, false, now);
    this.blindness = undefined;
    progress.figures(readings);
    const late = pods.filter(({ name, ready, version }) => {
      const isMissing = !ready && version === deployment.version;
      return (this.lasting.look(name, isMissing, now) ?? -1) >= this.patienceMs;
    });
    return (
      this.watchdog.observe(readings, now) ??
      (late[0] && {
        name: 'not-ready',
        reason: `pod ${late[0].name} is not ready for ${this.patienceMs / 1000} s`,
      })
    );
  }

  private blind(deployment: Deployment, why: string): Trigger | undefined {
    if (this.blindness === undefined) this.record(deployment, `cannot look: ${why}`);
    this.blindness = why;
    const lasted = this.lasting.look(BLIND, true, performance.now()) ?? 0;
    return lasted < this.patienceMs
      ? undefined
      : { name: BLIND, reason: `for ${this.patienceMs / 1000} s nothing could be seen: ${why}` };
  }

  private async readings(): Promise<Readings> {
    const { gates, prometheus } = this.parts;
    return new Map(
      await Promise.all(
        gates.map(async ({ name, query }) => [name, await prometheus.value(query)] as const),
      ),
    );
  }

  private async takeBack(
    deployment: Deployment,
    trigger: Trigger,
    phase: number,
  ): Promise<Deployment> {
    const { release, timeoutSec, smoke } = this.parts;
    const seen = performance.now();
    deployment.trigger = { ...trigger, phase: phase + 1 };
    this.record(deployment, `trigger ${trigger.name}: ${trigger.reason}`);
    const { code, output } = await release.rollback(deployment.from, timeoutSec).done;
    const steps = code === 0 ? await smoke() : [];
    const works = code === 0 && steps.every(({ ok }) => ok);
    deployment.status = works ? 'rolled-back' : 'rollback-failed';
    deployment.endedAt = new Date().toISOString();
    deployment.restoredAfterSec = Math.round((performance.now() - seen) / 100) / 10;
    this.record(
      deployment,
      works
        ? `back at revision ${deployment.from} after ${deployment.restoredAfterSec} s; the smoke test passes`
        : `the rollback did not restore the service: ${lastLine(output) || 'the smoke test fails'}`,
    );
    return deployment;
  }

  private record(deployment: Deployment, what: string): void {
    deployment.log.push({ at: new Date().toISOString(), what });
    this.parts.journal.write(deployment);
    this.parts.progress.note(what);
  }
}

function unfit(reason: string): CommandError {
  return new CommandError(
    EXIT.failed,
    `The system is not fit for a deployment: ${reason}.`,
    'Fix that first: afterwards nobody could tell which of the two broke it.',
  );
}

/** @throws CommandError when the operation fails */
export async function finished(operation: Operation): Promise<void> {
  const { code, output } = await operation.done;
  if (code !== 0) throw new CommandError(EXIT.failed, 'helm failed.', lastLine(output));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: a process of somebody else, so it is not our helm.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
