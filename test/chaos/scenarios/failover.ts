import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../../support/redis-server.js';
import { calm, nothingLost, underLoad, type Load } from '../load.js';
import type { Outcome } from '../outcome.js';
import { describe } from '../report.js';
import type { Options, Scenario, Verdict } from '../scenario.js';
import { cluster, sentinel, type Topology } from '../topology.js';

const INSTANCES = 3;
const SECONDS = 60;
const BEFORE_MS = 10_000;
/** The dead master comes back, as a replica, so long after another one has taken over. */
const BACK_MS = 5_000;
const POLL_MS = 20;

async function run(
  topology: Topology,
  judge: (outcome: Outcome) => string[],
  options: Options,
): Promise<Verdict> {
  const { seconds = SECONDS, say } = options;
  let promotedMs = NaN;
  const work = async ({ fleet }: Load) => {
    const startedAt = performance.now();
    await calm(BEFORE_MS);
    const master = (await topology.owner()) as RedisServer;
    say(`kill -9 of the master that has the log, port ${master.port}`);
    await fleet.mark('kill master');
    await master.end('SIGKILL');
    const killedAt = performance.now();
    const next = await successor(topology, master);
    promotedMs = performance.now() - killedAt;
    say(`port ${next.port} is the master ${Math.round(promotedMs)} ms later`);
    await calm(BACK_MS);
    await master.run();
    say(`port ${master.port} is back`);
    await calm(Math.max(0, startedAt + seconds * 1000 - performance.now()));
  };
  const { outcome, faults, directory, memory } = await underLoad(
    topology,
    INSTANCES,
    options,
    work,
    async (_, out) => judge(out),
  );
  return {
    lines: [
      `${topology.name}; another master after ${Math.round(promotedMs)} ms`,
      ...describe(outcome),
      ...memory,
      ...(faults.length > 0 ? [`logs           ${directory}`] : []),
    ],
    faults,
  };
}

async function successor(topology: Topology, old: RedisServer): Promise<RedisServer> {
  for (;;) {
    const owner = await topology.owner();
    if (owner && owner !== old) return owner;
    await delay(POLL_MS);
  }
}

/**
 * Without waiting for a replica, what Redis had not replicated is gone. That may be
 * all that is missing, and no client may be left without being told.
 */
function onlyWhatRedisLost(outcome: Outcome): string[] {
  const gone = new Set((outcome.log?.missing ?? []).map(({ publisher, n }) => `${publisher}.${n}`));
  const unexplained = outcome.fleet
    .flatMap(({ balances }) => balances.flatMap(({ balance }) => balance.lost))
    .filter(({ publisher, n }) => !gone.has(`${publisher}.${n}`)).length;
  const untold = outcome.clients - outcome.clientsWithGap;
  return [
    ...(unexplained > 0 ? [`${unexplained} deliveries lost that are in the log`] : []),
    ...(gone.size > 0 && untold > 0 ? [`${untold} clients were not told gap`] : []),
    // An event that was read, lost, and sent again by its publisher comes twice: told by the gap.
    ...(outcome.doubled > 0 && untold > 0 ? [`${outcome.doubled} deliveries doubled`] : []),
  ];
}

/** How far the replica lags where the loss is to be seen; milliseconds. */
const LAG_MS = 200;

export const failovers: readonly Scenario[] = [
  {
    name: 'sentinel',
    claim:
      'failover without waiting for replicas: lost only what Redis lost, and every client is told',
    run: async (options) =>
      run(await sentinel({ replicas: 0, lagMs: LAG_MS }), onlyWhatRedisLost, options),
  },
  {
    name: 'sentinel-wait',
    claim: 'failover with VX11_REDIS_REPLICAS=1 and min-replicas-to-write 1: nothing lost',
    run: async (options) =>
      run(await sentinel({ replicas: 1, lagMs: LAG_MS / 10 }), nothingLost, options),
  },
  {
    name: 'cluster',
    claim: "Redis Cluster, the log's master killed: lost only what Redis lost",
    run: async (options) => run(await cluster({ replicas: 0 }), onlyWhatRedisLost, options),
  },
  {
    name: 'cluster-wait',
    claim: "Redis Cluster with VX11_REDIS_REPLICAS=1, the log's master killed: nothing lost",
    run: async (options) => run(await cluster({ replicas: 1 }), nothingLost, options),
  },
];
