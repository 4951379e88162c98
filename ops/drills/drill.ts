import { setTimeout as delay } from 'node:timers/promises';
import { ALERTS, type AlertSeverity } from '../alerts.js';
import type { Drill } from './drills.js';
import { commandsOf, execute } from './runbook.js';
import type { DrillSystem } from './system.js';

const POLL_MS = 250;
/** A window of 10 s, a waiting time of 1 s, scrapes and evaluations; and a loaded machine. */
const PATIENCE_MS = 150_000;
/** Commands for during the incident, and for after it. */
const DURING = new Set(['Meaning', 'Impact', 'Assess', 'Diagnose', 'Fix']);

/** Seconds from the fault to the alert, to its notification, and from the remedy to its end. */
export interface DrillTimes {
  readonly name: string;
  readonly alertSec: number | null;
  readonly notifiedSec: number | null;
  readonly recoveredSec: number | null;
}

type Say = (line: string) => void;

/**
 * Breaks the system, waits for the alert and its notification, follows the runbook, applies
 * the remedy, and waits until both are over.
 * @throws Error that says which step did not happen
 */
export async function runDrill(drill: Drill, system: DrillSystem, say: Say): Promise<DrillTimes> {
  const { name, alert, also = [] } = drill;
  const commands = commandsOf(drill.runbook ?? name);
  const paged = drill.pagedAs ?? alert;
  await until('the system is ready', () => system.isReady());
  for (const one of [alert, paged, ...also]) {
    if (one !== null) await until(`${one} is quiet`, () => isInactive(system, one));
  }
  say(`${name}: ${drill.fault}`);
  const announced = paged === null ? undefined : announcements(system, paged);
  const brokenAt = performance.now();
  let load: Load | undefined;
  let alertSec: number | null = null;
  let notifiedSec: number | null = null;
  try {
    // A fault that fails half-way must be undone too, or the next drill begins with it.
    await drill.break(system);
    load = new Load(drill, system);
    if (alert !== null && paged !== null && announced) {
      await until(
        `${alert} fires`,
        async () => (await system.prometheus.state(alert)) === 'firing',
      );
      alertSec = since(brokenAt);
      say(`  ${alertSec} s  ${alert} fires`);
      for (const other of also) {
        await until(
          `${other} fires`,
          async () => (await system.prometheus.state(other)) === 'firing',
        );
        say(`  ${since(brokenAt)} s  ${other} fires`);
      }
      await until(`${paged} is announced`, () => announced('firing'));
      notifiedSec = since(brokenAt);
      say(`  ${notifiedSec} s  ${channelOf(paged)} has ${paged}`);
    }
    for (const { step, script } of commands.filter(({ step: one }) => DURING.has(one))) {
      const { code, output } = await execute(script, system.environment);
      say(`  ${since(brokenAt)} s  ${step}: exit ${code}, ${summary(output)}`);
    }
  } finally {
    await load?.stop();
    await drill.fix(system);
  }
  const fixedAt = performance.now();
  say(`  ${since(brokenAt)} s  remedy: ${drill.remedy}`);
  let recoveredSec: number | null = null;
  if (alert !== null && paged !== null && announced) {
    for (const one of [alert, ...also]) {
      await until(`${one} is over`, () => isInactive(system, one));
      say(`  ${since(fixedAt)} s after the remedy ${one} is over`);
    }
    recoveredSec = since(fixedAt);
    await until(`the end of ${paged} is announced`, () => announced('resolved'));
    say(`  ${since(fixedAt)} s after the remedy ${channelOf(paged)} has its end`);
  }
  for (const { step, script } of commands.filter(({ step: one }) => !DURING.has(one))) {
    await follow(step, script, system, say);
  }
  return { name, alertSec, notifiedSec, recoveredSec };
}

/** A command after the incident must succeed; a system that has just come back may need a moment. */
async function follow(step: string, script: string, system: DrillSystem, say: Say): Promise<void> {
  let last = { code: -1, output: '' };
  await until(
    () => `"${step}" succeeds: ${script.trim()}, ${summary(last.output)}`,
    async () => {
      last = await execute(script, system.environment);
      return last.code === 0;
    },
  );
  say(`  ${step}: exit ${last.code}, ${summary(last.output)}`);
}

/** Load that goes on until it is stopped. What fails in it is the incident. */
class Load {
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(drill: Drill, system: DrillSystem) {
    this.running = this.run(drill, system);
  }

  /** A request that hangs is left behind. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.race([this.running, delay(5_000)]);
  }

  private async run({ load }: Drill, system: DrillSystem): Promise<void> {
    while (load && !this.stopped) {
      await Promise.all([
        load(system).catch(() => 'refused, as an incident has it'),
        delay(POLL_MS),
      ]);
    }
  }
}

async function until(what: string | (() => string), isTrue: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > late) {
      const text = typeof what === 'string' ? what : what();
      throw new Error(`After ${PATIENCE_MS / 1000} s: not ${text}.`);
    }
    await delay(POLL_MS);
  }
}

async function isInactive(system: DrillSystem, alert: string): Promise<boolean> {
  return (await system.prometheus.state(alert)) === 'inactive';
}

function severityOf(alert: string): AlertSeverity {
  return ALERTS.find(({ name }) => name === alert)?.severity ?? 'critical';
}

function channelOf(alert: string): string {
  return { critical: 'the pager', warning: 'the chat', info: 'the event stream' }[
    severityOf(alert)
  ];
}

type State = 'firing' | 'resolved';

/** How many notifications the pager or the chat received about the alert. */
function notifications(system: DrillSystem, alert: string, state: State): number {
  const critical = severityOf(alert) === 'critical';
  const bodies = (critical ? system.pager : system.chat).received.map(({ body }) => body);
  const action = state === 'firing' ? '"event_action":"trigger"' : '"event_action":"resolve"';
  const words = state === 'firing' ? `WARNING ${alert}` : `RESOLVED ${alert}`;
  return bodies.filter((body) =>
    critical ? body.includes(action) && body.includes(`${alert}:`) : body.includes(words),
  ).length;
}

/** Whether an info alert, which notifies nobody, became an event since the drill began. */
async function isPublished(
  system: DrillSystem,
  alert: string,
  state: State,
  startedAt: number,
): Promise<boolean> {
  const path = `/events?type=vx11.alert.${state}&since=${startedAt}&limit=100`;
  const { json } = await system.operator.api(path);
  type Listed = { data: { labels?: { alertname?: string } } };
  return ((json?.events ?? []) as Listed[]).some(({ data }) => data.labels?.alertname === alert);
}

/** Tells whether the alert was announced since now. */
function announcements(system: DrillSystem, alert: string): (state: State) => Promise<boolean> {
  const startedAt = Date.now();
  const before = {
    firing: notifications(system, alert, 'firing'),
    resolved: notifications(system, alert, 'resolved'),
  };
  return async (state) =>
    severityOf(alert) === 'info'
      ? isPublished(system, alert, state, startedAt)
      : notifications(system, alert, state) > before[state];
}

const since = (start: number) => Math.round((performance.now() - start) / 100) / 10;

function summary(output: string): string {
  const lines = output.trim().split('\n').filter(Boolean);
  const [first = 'no output'] = lines;
  const shown = first.length > 90 ? `${first.slice(0, 90)}…` : first;
  return lines.length > 1 ? `${lines.length} lines: ${shown}` : shown;
}
