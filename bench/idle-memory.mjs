/** What an open stream costs while nothing is published. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { residentBytes } from './lib/machine.mjs';
import { openSession } from './lib/session.mjs';
import { medianRow } from './lib/stats.mjs';
import { ours, stockSse } from './lib/systems.mjs';

export const MOST_IDLE_STREAMS = 2000;
const FEWER_IDLE_STREAMS = 500;
const COLLECTION_MS = 500;
const collector = path.join(import.meta.dirname, 'load/collect-garbage.mjs');
const nodeArgs = ['--expose-gc', '--import', collector];

/**
 * Resident bytes of each server with 0, 500 and 2000 idle streams, as it stands and after a full
 * garbage collection; and what a stream adds between the last two.
 */
export async function measureIdleMemory({ rounds, settleMs }, pinning, log) {
  const measured = new Map([stockSse, ours].map((system) => [system, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [system, rows] of measured) {
      const session = await openSession(system, pinning, 0, nodeArgs);
      const { pid } = session.server;
      const resident = async (streams) => {
        await session.open(streams);
        await delay(settleMs);
        const standing = residentBytes(pid);
        process.kill(pid, 'SIGUSR2');
        await delay(COLLECTION_MS);
        return { standing, collected: residentBytes(pid) };
      };
      const none = await resident(0);
      const fewer = await resident(FEWER_IDLE_STREAMS);
      const most = await resident(MOST_IDLE_STREAMS);
      await session.stop();
      const slope = (kind) => (most[kind] - fewer[kind]) / (MOST_IDLE_STREAMS - FEWER_IDLE_STREAMS);
      const row = {
        system: system.name,
        bytes_at_0: none.standing,
        bytes_at_500: fewer.standing,
        bytes_at_2000: most.standing,
        bytes_per_stream: slope('standing'),
        collected_bytes_per_stream: slope('collected'),
      };
      rows.push(row);
      log(`idle memory, ${system.name}: ${(row.bytes_per_stream / 1024).toFixed(1)} KiB a stream`);
    }
  }
  return [...measured.values()].map(medianRow);
}
