/** What an open stream costs while nothing is published. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { residentBytes } from './lib/machine.mjs';
import { openSession } from './lib/session.mjs';
import { medianRow } from './lib/stats.mjs';
import { ours, stockSse } from './lib/systems.mjs';

export const MOST_IDLE_STREAMS = 2000;
const FEWER_IDLE_STREAMS = 500;
/** What one collection leaves of the garbage of opening, the next ones find. */
const COLLECTIONS = 3;
const COLLECTION_MS = 500;
const collector = path.join(import.meta.dirname, 'load/collect-garbage.mjs');
/** For a server whose memory is measured. */
export const collectable = ['--expose-gc', '--import', collector];

/** Resident bytes of such a server without its garbage. */
export async function residentAfterCollection(pid) {
  for (let i = 0; i < COLLECTIONS; i++) {
    process.kill(pid, 'SIGUSR2');
    await delay(COLLECTION_MS);
  }
  return residentBytes(pid);
}

/**
 * Resident bytes of each server with 0, 500 and 2000 idle streams, garbage collected; and what a
 * stream adds between the last two.
 */
export async function measureIdleMemory({ rounds, settleMs }, pinning, log) {
  const measured = new Map([stockSse, ours].map((system) => [system, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [system, rows] of measured) {
      const session = await openSession(system, pinning, 0, { nodeArgs: collectable });
      const { pid } = session.server;
      const resident = async (streams) => {
        await session.open(streams);
        await delay(settleMs);
        return residentAfterCollection(pid);
      };
      const row = {
        system: system.name,
        bytes_at_0: await resident(0),
        bytes_at_500: await resident(FEWER_IDLE_STREAMS),
        bytes_at_2000: await resident(MOST_IDLE_STREAMS),
      };
      row.bytes_per_stream =
        (row.bytes_at_2000 - row.bytes_at_500) / (MOST_IDLE_STREAMS - FEWER_IDLE_STREAMS);
      rows.push(row);
      await session.stop();
      log(`idle memory, ${system.name}: ${(row.bytes_per_stream / 1024).toFixed(1)} KiB a stream`);
    }
  }
  return [...measured.values()].map(medianRow);
}
