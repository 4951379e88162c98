/**
 * `npm run bench:churn`: opens and closes a million streams, each with a token of its own, and shows
 * what is left of them: resident memory without garbage and without V8's free pages, open files,
 * streams and tokens. Prints JSON, and ends with 1 when memory has grown by more than 5 %, or files,
 * a stream or a token are left.
 *
 *   --count <n>  streams in all (default 1000000)
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { residentAfterCollection } = await import('./idle-memory.mjs');
const { choosePinning, describeMachine } = await import('./lib/machine.mjs');
const { startLoad, startServer } = await import('./lib/processes.mjs');
const { ours: system } = await import('./lib/systems.mjs');

const AT_ONCE = 64;
/** Streams that are open together before all leave. */
const CROWD = 2_000;
/** Tokens that the server remembers, living or dead. */
const REMEMBERED = 200_000;
/** Streams a second at most: the tokens of a minute must fit into the three quarters that one principal may have. */
const PER_SECOND = 2_200;
/** Streams before the first measurement: by then the code is compiled, and the tables have their size. */
const WARM = 400_000;
const SAMPLES = 10;
const MOST_GROWTH = 0.05;
/** Files of one thread: the first checkpoint of a log starts one, whenever that is. A leak would leave many more. */
const THREAD_FILES = 6;
/** Until the last tokens have expired. */
const EXPIRY_MS = 65_000;
const ours = {
  ...system,
  env: (port) => ({ ...system.env(port), VX11_TOKEN_CACHE_MAX: REMEMBERED }),
};
const script = path.join(import.meta.dirname, 'load/opener.mjs');
const releasing = [
  '--expose-gc',
  '--import',
  path.join(import.meta.dirname, 'load/release-memory.mjs'),
];

/** The sum of a gauge's series. */
const gauge = (text, name) =>
  [...text.matchAll(new RegExp(String.raw`^vx11_operator_${name}(?:\{[^}]*\})? (\d+)$`, 'gm'))]
    .map(([, value]) => Number(value))
    .reduce((sum, value) => sum + value, 0);

async function stateOf({ port, pid }) {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await answer.text();
  return {
    resident_mib: (await residentAfterCollection(pid)) / 2 ** 20,
    files: readdirSync(`/proc/${pid}/fd`).length,
    streams: gauge(text, 'sse_connections_active'),
    tokens: gauge(text, 'ephemeral_tokens_active'),
  };
}

try {
  const { values } = readOptions({ options: { count: { type: 'string', default: '1000000' } } });
  const pinning = choosePinning();
  const server = await startServer(ours, pinning.server, releasing);
  const { port, pid } = server;
  const load = startLoad(script, pinning.load);
  let refused = 0;
  const churn = async (count) => {
    for (let left = count; left > 0; left -= CROWD) {
      const pause = delay((CROWD / PER_SECOND) * 1000);
      const row = await load.ask('open', {
        port,
        pid,
        request: ours.issueRequest,
        path: ours.streamPath,
        count: Math.min(CROWD, left),
        atOnce: AT_ONCE,
      });
      refused += row.refused;
      await load.ask('leave');
      await pause;
    }
  };
  const rows = [];
  const note = async (opened) => {
    const row = { opened, refused, ...(await stateOf(server)) };
    rows.push(row);
    console.error(JSON.stringify(row));
  };
  await churn(WARM);
  await note(0);
  const count = Number(values.count);
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    await churn(count / SAMPLES);
    await note((count / SAMPLES) * sample);
  }
  await delay(EXPIRY_MS);
  await note(count);
  await load.stop();
  await server.stop();
  const [first, busy, last] = [rows[0], rows.at(-2), rows.at(-1)];
  // While tokens were alive in both: the end would hide what has grown behind what has expired.
  const growth = busy.resident_mib / first.resident_mib - 1;
  console.log(JSON.stringify({ machine: describeMachine(pinning), rows, growth }, null, 2));
  const isFlat =
    growth <= MOST_GROWTH &&
    last.files <= first.files + THREAD_FILES &&
    last.streams === 0 &&
    last.tokens === 0;
  process.exit(isFlat && refused === 0 ? 0 : 1);
} catch (error) {
  giveUp(error);
}
