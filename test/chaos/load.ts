import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from './fleet.js';
import { settle, type Outcome } from './outcome.js';
import { MemoryCurve } from './memory-curve.js';
import { Publishers } from './publishers.js';
import type { Options } from './scenario.js';
import { System } from './system.js';
import type { Topology } from './topology.js';

export interface Load {
  readonly system: System;
  readonly fleet: Fleet;
}

/**
 * Instances, gateway, clients and publishers around what a scenario does
 * meanwhile; then the count.
 * @param work what happens while events are published; they are until it resolves
 */
export async function underLoad(
  topology: Topology,
  instances: number,
  { clients, rate }: Options,
  work: (load: Load) => Promise<void>,
  afterwards: (load: Load, outcome: Outcome) => Promise<readonly string[]> = async () => [],
): Promise<{ outcome: Outcome; faults: string[]; directory: string; memory: string[] }> {
  const system = await System.start(topology, {
    instances,
    env: {
      // The log holds the whole run, so that all of it can be looked at in the end.
      VX11_EVENT_LOG_LENGTH: '1000000',
    },
  });
  const fleet = new Fleet();
  const memory = new MemoryCurve(system);
  let faults: string[] | undefined;
  try {
    await fleet.open(clients, system.url, [system.token]);
    const publishers = new Publishers(system.url, system.token, rate);
    publishers.start();
    await work({ system, fleet });
    const outcome = await settle(publishers, fleet, system);
    faults = [...commonFaults(outcome), ...(await afterwards({ system, fleet }, outcome))];
    return { outcome, faults, directory: system.directory, memory: memory.lines() };
  } finally {
    memory.stop();
    await fleet.stop();
    await system.stop({ keepDirectory: faults?.length !== 0 });
  }
}

/** What no scenario may end with. */
function commonFaults(outcome: Outcome): string[] {
  return [
    ...(outcome.publishing.accepted === 0 ? ['nothing was accepted'] : []),
    ...(outcome.publishing.abandoned > 0 ? ['publishers gave up'] : []),
    ...(outcome.disordered > 0 ? [`${outcome.disordered} deliveries out of order`] : []),
    ...(outcome.foreign > 0 ? [`${outcome.foreign} deliveries past the filter`] : []),
    // Only events that are missing may be reported by a gap.
    ...(outcome.clientsWithGap > 0 && outcome.lost + (outcome.log?.missing.length ?? 0) === 0
      ? [`${outcome.gaps} gap messages, and nothing is missing`]
      : []),
    ...outcome.stopped.slice(0, 5),
    ...outcome.crashes,
  ];
}

/** Lost and doubled, where nothing may be. */
export function nothingLost(outcome: Pick<Outcome, 'lost' | 'doubled'>): string[] {
  return [
    ...(outcome.lost > 0 ? [`${outcome.lost} deliveries lost`] : []),
    ...(outcome.doubled > 0 ? [`${outcome.doubled} deliveries doubled`] : []),
  ];
}

/** Lets the load run on for a while. */
export function calm(ms: number): Promise<void> {
  return delay(ms);
}
