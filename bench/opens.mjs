/**
 * `npm run bench:opens`: what opening a stream costs, and how long each of many clients that come
 * at once waits for its first byte; operator-backend against a bare node:http writer that does the
 * same, in turn, in one run; and what an idle stream holds. The server has one core, the clients another.
 *
 *   --count <n>   streams of a burst (default 8000)
 *   --rounds <n>  rounds (default 3)
 *   --root <path> another work tree, built, to measure as well
 */
import path from 'node:path';

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { collectable, residentAfterCollection } = await import('./idle-memory.mjs');
const { choosePinning, describeMachine } = await import('./lib/machine.mjs');
const { startLoad, startServer } = await import('./lib/processes.mjs');
const { medianRow } = await import('./lib/stats.mjs');
const { bareStream, ours, oursAt } = await import('./lib/systems.mjs');

const STEADY = 3000;
const AT_ONCE = 64;
const script = path.join(import.meta.dirname, 'load/opener.mjs');

/** A few at a time for the CPU, then two bursts, the second right after the first has left. */
async function round(system, pinning, count) {
  const server = await startServer(system, pinning.server, collectable);
  const load = startLoad(script, pinning.load);
  const { port, pid } = server;
  const { issueRequest: request, streamPath } = system;
  const open = (options) => load.ask('open', { port, pid, request, path: streamPath, ...options });
  // The first opens find code that is not compiled yet.
  await open({ count: 1000, atOnce: AT_ONCE });
  await load.ask('leave');
  const empty = await residentAfterCollection(pid);
  const steady = await open({ count: STEADY, atOnce: AT_ONCE });
  const full = await residentAfterCollection(pid);
  await load.ask('leave');
  const first = await open({ count });
  await load.ask('leave');
  const second = await open({ count });
  await load.stop();
  await server.stop();
  const worst = (name) => Math.max(first[name], second[name]);
  return {
    system: system.name,
    cpu_us_per_open: steady.cpu_us_per_open,
    kib_per_stream: (full - empty) / STEADY / 1024,
    burst_s: first.max_ms / 1000,
    burst_p50_s: first.p50_ms / 1000,
    again_s: second.max_ms / 1000,
    cpu_us_in_burst: first.cpu_us_per_open,
    refused: worst('refused'),
    syn_retries: worst('syn_retries'),
  };
}

try {
  const { values } = readOptions({
    options: {
      count: { type: 'string', default: '8000' },
      rounds: { type: 'string', default: '3' },
      root: { type: 'string' },
    },
  });
  const pinning = choosePinning();
  const systems = [bareStream, ours, ...(values.root ? [oursAt(path.resolve(values.root))] : [])];
  const measured = new Map(systems.map((system) => [system, []]));
  for (let n = 1; n <= Number(values.rounds); n += 1) {
    for (const [system, rows] of measured) {
      const row = await round(system, pinning, Number(values.count));
      rows.push(row);
      console.error(JSON.stringify(row));
    }
  }
  const rows = [...measured.values()].map((all) => ({
    ...medianRow(all),
    worst_s: Math.max(...all.flatMap(({ burst_s, again_s }) => [burst_s, again_s])),
    syn_retries: Math.max(...all.map((row) => row.syn_retries)),
    refused: Math.max(...all.map((row) => row.refused)),
  }));
  const ratios = rows.map((row) => ({
    ...row,
    memory_ratio_to_bare: row.kib_per_stream / rows[0].kib_per_stream,
    cpu_ratio_to_bare: row.cpu_us_per_open / rows[0].cpu_us_per_open,
  }));
  console.log(JSON.stringify({ machine: describeMachine(pinning), rows: ratios }, null, 2));
  process.exit();
} catch (error) {
  giveUp(error);
}
