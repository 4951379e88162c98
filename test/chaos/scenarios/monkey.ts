import { leastWaits } from '../floor.js';
import { calm, nothingLost, underLoad, type Load } from '../load.js';
import { unleash } from '../monkey.js';
import { plan } from '../plan.js';
import { describe, spread } from '../report.js';
import type { Options, Scenario, Verdict } from '../scenario.js';
import { embedded, standalone, type Topology } from '../topology.js';

const SECONDS = 300;

async function run(topology: Topology, instances: number, options: Options): Promise<Verdict> {
  const { seed, seconds = SECONDS, say } = options;
  const ms = seconds * 1000;
  const faults = plan(seed, {
    ms,
    backends: instances,
    links: topology.links.length,
    redis: topology.links.length > 0,
  });
  const startedAt = performance.now();
  const work = async ({ system, fleet }: Load) => {
    const loadedAt = performance.now();
    await unleash(faults, system, fleet, (line) =>
      say(`${((performance.now() - loadedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`),
    );
    await calm(Math.max(0, loadedAt + ms - performance.now()));
  };
  const { outcome, ...held } = await underLoad(topology, instances, options, work, async (_, out) =>
    nothingLost(out),
  );
  return {
    lines: [
      `${topology.name}; ${instances} instances, ${faults.length} faults in ${seconds} s (whole run ${Math.round((performance.now() - startedAt) / 1000)} s)`,
      `by itself      the plan costs, if processes started in no time: ${spread(leastWaits(faults, instances))}`,
      ...describe(outcome),
      ...held.memory,
      ...(held.faults.length > 0 ? [`logs           ${held.directory}`] : []),
    ],
    faults: held.faults,
  };
}

export const monkey: Scenario = {
  name: 'monkey',
  claim: 'whatever dies, stops or is cut off: nothing lost, nothing doubled',
  run: async (options) => run(await standalone(3), 3, options),
};

export const embeddedMonkey: Scenario = {
  name: 'embedded',
  claim: 'one instance without Redis, killed and stopped: nothing lost, nothing doubled',
  run: (options) => run(embedded(), 1, { ...options, seconds: options.seconds ?? 60 }),
};
