/**
 * `npm run bench:audience`: streams that each have a filter of their own, and events of which each
 * concerns one of them. What an event costs must not grow with the audience.
 *
 *   --streams <list>  sizes of the audience (default 100,1000,5000,10000)
 *   --rate <n>        events a second (default 1000)
 *   --root <path>     another work tree, built, to measure as well
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { choosePinning, describeMachine } = await import('./lib/machine.mjs');
const { withNoise } = await import('./lib/noise.mjs');
const { startLoad, startServer } = await import('./lib/processes.mjs');
const { ours, oursAt } = await import('./lib/systems.mjs');

const WARM_MS = 2000;
const MEASURE_MS = 5000;
const load = (name) => path.join(import.meta.dirname, 'load', name);

async function measure(system, streams, rate, pinning) {
  const server = await startServer(system, pinning.server);
  const receiver = startLoad(load('receiver.mjs'), pinning.load);
  const publisher = startLoad(load('publisher.mjs'), pinning.load);
  const target = `${ours.streamPath}&module=m{n}`;
  await receiver.ask('open', {
    port: server.port,
    path: target,
    issue: ours.issue,
    total: streams,
  });
  await publisher.ask('connect', { port: server.port, head: ours.publishHead });
  await publisher.ask('publish', { rate, modules: streams });
  await delay(WARM_MS);
  const measured = { pid: server.pid, pinning };
  await receiver.ask('begin', { server: measured, sampleEvery: 1 });
  await publisher.ask('begin');
  await delay(MEASURE_MS);
  const [received, published] = [await receiver.ask('end'), await publisher.ask('end')];
  await Promise.all([receiver.stop(), publisher.stop()]);
  await server.stop();
  return withNoise({
    system: system.name,
    streams,
    rate,
    ...received,
    received_share: received.deliveries_per_s / published.published_per_s,
    cpu_us_per_event: (received.server_core / published.published_per_s) * 1e6,
  });
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
