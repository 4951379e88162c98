/**
 * `npm run bench:audience`: streams that each have a filter of their own, and events of which each
 * concerns one of them. What an event costs must not grow with the audience.
 *
 *   --streams <list>  sizes of the audience (default 100,1000,5000,10000)
 *   --rate <n>        events a second (default 1000)
 *   --root <path>     another work tree, built, to measure as well
 */
import path from 'node:path';

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { choosePinning, describeMachine } = await import('./lib/machine.mjs');
const { measureRate, openSession } = await import('./lib/session.mjs');
const { ours, oursAt } = await import('./lib/systems.mjs');

const TIMES = { warmMs: 2000, measureMs: 5000 };

async function measure(system, streams, rate, pinning) {
  const session = await openSession(system, pinning, streams, { ownTopics: true });
  const row = await measureRate(session, rate, TIMES);
  await session.stop();
  return { ...row, streams };
}

try {
  const { values } = readOptions({
    options: {
      streams: { type: 'string', default: '100,1000,5000,10000' },
      rate: { type: 'string', default: '1000' },
      root: { type: 'string' },
    },
  });
  const pinning = choosePinning();
  const systems = [ours, ...(values.root ? [oursAt(path.resolve(values.root))] : [])];
  const rows = [];
  for (const streams of values.streams.split(',').map(Number)) {
    for (const system of systems) {
      const row = await measure(system, streams, Number(values.rate), pinning);
      rows.push(row);
      console.error(JSON.stringify(row));
    }
  }
  console.log(JSON.stringify({ machine: describeMachine(pinning), rows }, null, 2));
  process.exit();
} catch (error) {
  giveUp(error);
}
