import { calm, nothingLost, underLoad } from '../load.js';
import { describe, histogram } from '../report.js';
import type { Scenario } from '../scenario.js';
import { standalone } from '../topology.js';

const INSTANCES = 3;
const BETWEEN_MS = 5_000;
/** How long after the last SIGTERM its reconnections are shown. */
const SHOWN_MS = 20_000;

export const rolling: Scenario = {
  name: 'rolling',
  claim: 'all instances restarted one after the other: no failed request, nothing lost',
  async run(options) {
    const { say } = options;
    const topology = await standalone(INSTANCES);
    const restarts: { name: string; at: number; endedMs: number; readyMs: number }[] = [];
    let failed = NaN;
    const { outcome, ...held } = await underLoad(
      topology,
      INSTANCES,
      options,
      async ({ system, fleet }) => {
        await calm(BETWEEN_MS);
        for (const backend of system.backends) {
          say(`SIGTERM to ${backend.name}`);
          await fleet.mark('SIGTERM backend');
          const at = Date.now();
          await backend.end('SIGTERM');
          const endedMs = Date.now() - at;
          backend.run();
          await backend.ready();
          restarts.push({ name: backend.name, at, endedMs, readyMs: Date.now() - at });
          await calm(BETWEEN_MS);
        }
      },
      async ({ system }, { publishing, fleet, ...counted }) => {
        failed = await system.failedRequests();
        return [
          ...(failed > 0 ? [`${failed} requests failed at the gateway`] : []),
          ...nothingLost(counted),
          ...Object.entries(publishing.failures).map(([why, n]) => `publishing: ${n} × ${why}`),
          ...fleet.flatMap(({ causes }) =>
            Object.entries(causes)
              .filter(([cause]) => cause !== 'goodbye draining')
              .map(([cause, count]) => `streams: ${count} × ${cause}`),
          ),
        ];
      },
    );
    const reconnects = outcome.fleet.flatMap((report) => report.reconnects);
    const { faults, directory, memory } = held;
    return {
      lines: [
        `${topology.name}; ${INSTANCES} instances`,
        ...describe(outcome),
        ...memory,
        `failed (5xx)   ${failed} requests at the gateway`,
        ...restarts.flatMap(({ name, at, endedMs, readyMs }, index) => [
          `${name}: ended after ${endedMs} ms, ready again after ${readyMs} ms; connections tried since its SIGTERM:`,
          ...histogram(reconnects, at, restarts[index + 1]?.at ?? at + SHOWN_MS),
        ]),
        ...(faults.length > 0 ? [`logs           ${directory}`] : []),
      ],
      faults,
    };
  },
};
