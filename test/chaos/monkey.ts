import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './fleet.js';
import type { ServerProcess } from '../support/process/server-process.ts';
import { describeFault, type Fault, type Target } from './plan.js';
import type { System } from './system.js';

/** Carries out a plan on a system. Rejects when something cannot be made good again. */
export async function unleash(
  plan: readonly Fault[],
  system: System,
  fleet: Fleet,
  say: (line: string) => void,
): Promise<void> {
  const startedAt = performance.now();
  const running: Promise<void>[] = [];
  // A shutdown may take longer than the plan has for it: the next fault waits for its target.
  const busy = new Map<Target, Promise<void>>();
  for (const fault of plan) {
    await delay(Math.max(0, startedAt + fault.at - performance.now()));
    say(describeFault(fault));
    const label = `${fault.kind} ${fault.target.split(' ')[0]}`;
    const free = busy.get(fault.target) ?? Promise.resolve();
    const done = free
      .then(() => fleet.mark(label))
      .then(() => commit(fault, system))
      .then(() => fleet.mark(label, true));
    busy.set(fault.target, done);
    running.push(done);
  }
  await Promise.all(running);
}

async function commit(fault: Fault, system: System): Promise<void> {
  const { target, lasts, kind } = fault;
  const index = Number(target.split(' ')[1] ?? 0);
  if (target === 'redis') return breakRedis(kind as ProcessKind, lasts, system);
  if (target === 'gateway') return breakProcess(kind as ProcessKind, lasts, system.gateway);
  if (target.startsWith('backend')) {
    return breakProcess(kind as ProcessKind, lasts, system.backends[index] as ServerProcess);
  }
  const link = system.topology.links[index];
  if (kind === 'cut') link?.cut();
  if (kind === 'block') link?.block();
  if (kind === 'slow' && 'delayMs' in fault) link?.slow(fault.delayMs ?? 0);
  await delay(lasts);
  link?.restore();
}

type ProcessKind = 'kill' | 'stop' | 'restart';

async function breakProcess(kind: ProcessKind, lasts: number, target: ServerProcess) {
  if (kind === 'stop') {
    target.pause();
    await delay(lasts);
    target.resume();
    return;
  }
  await target.end(kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  await delay(lasts);
  target.run();
}

async function breakRedis(kind: ProcessKind, lasts: number, { topology }: System) {
  const server = await topology.owner();
  if (!server) return;
  if (kind === 'stop') {
    server.pause();
    await delay(lasts);
    server.resume();
    return;
  }
  await server.end(kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
  await delay(lasts);
  await server.run();
}
