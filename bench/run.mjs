/**
 * `npm run bench`: operator-backend against two baselines, all in one run on this machine.
 *
 *   --quick        fewer and shorter rounds; nothing is recorded
 *   --streams <n>  streams in the fan-out (default 500); nothing is recorded
 *   --profile      no comparison: where operator-backend spends its time
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { measureRates, measureSaturation } from './fan-out.mjs';
import { MOST_IDLE_STREAMS, measureIdleMemory } from './idle-memory.mjs';
import { measureIssuing } from './issuing.mjs';
import { buildStock } from './lib/build-stock.mjs';
import { choosePinning, describeMachine, openFileLimit } from './lib/machine.mjs';
import { NOISY, worstNoise } from './lib/noise.mjs';
import { render, verdicts } from './lib/report.mjs';
import { scratch } from './lib/systems.mjs';
import { profile } from './profile.mjs';

const DEFAULT_STREAMS = 500;
const LONGEST_RUN_MS = 8 * 60_000;
/** Files that a server has open besides its streams, generously. */
const OTHER_FILES = 200;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    streams: { type: 'string', default: String(DEFAULT_STREAMS) },
  },
});
const streams = Number(options.streams);

const plan = options.quick
  ? {
      issuing: { rounds: 2, warmMs: 700, measureMs: 1500 },
      rates: { rounds: 1, rates: [50, 1000, 4000], warmMs: 1000, measureMs: 2000 },
      saturation: { rounds: 1, halvings: 1, warmMs: 700, measureMs: 2000 },
      memory: { rounds: 1, settleMs: 1500 },
    }
  : {
      issuing: { rounds: 5, warmMs: 1000, measureMs: 3000 },
      rates: { rounds: 3, rates: [50, 1000, 4000], warmMs: 1500, measureMs: 4000 },
      saturation: { rounds: 2, halvings: 2, warmMs: 1000, measureMs: 2500 },
      memory: { rounds: 2, settleMs: 2000 },
    };

const startedAt = Date.now();
const log = (line) =>
  console.error(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);

function stopWith(message) {
  console.error(message);
  process.exit(1);
}

function checkFileLimit() {
  const needed = Math.max(streams, MOST_IDLE_STREAMS) + OTHER_FILES;
  const limit = openFileLimit();
  if (limit < needed) {
    stopWith(
      `This run needs ${needed} open files in one process; the limit here is ${limit}. Raise it first, for instance with: ulimit -n ${needed}`,
    );
  }
}

function buildBackend() {
  const script = path.join(import.meta.dirname, '../scripts/build.mjs');
  const { status } = spawnSync(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) stopWith('operator-backend does not build: see above.');
}

async function compare(pinning) {
  await buildStock();
  const issuing = await measureIssuing(plan.issuing, pinning, log);
  const rates = await measureRates({ ...plan.rates, streams }, pinning, log);
  const saturation = await measureSaturation({ ...plan.saturation, streams }, rates, pinning, log);
  const memory = await measureIdleMemory(plan.memory, pinning, log);
  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(pinning),
    streams,
    issuing,
    rates,
    saturation,
    memory,
  };
  result.noisy = worstNoise(result) > NOISY;
  result.verdicts = verdicts(result);
  const text = render(result);
  console.log(`\n${text}`);
  if (!options.quick && !result.noisy && streams === DEFAULT_STREAMS) record(result, text);
}

function record(result, text) {
  const results = path.join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(path.join(results, `${result.date}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(path.join(results, 'latest.md'), text);
}

if (!Number.isInteger(streams) || streams < 1)
  stopWith('--streams takes a whole number from 1 on.');
checkFileLimit();
setTimeout(
  () => stopWith('The run took longer than 8 minutes and was ended.'),
  LONGEST_RUN_MS,
).unref();
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const pinning = choosePinning();
if (!pinning.pinned) log('No taskset or no second core: server and load share what there is.');
buildBackend();
await (options.profile ? profile(pinning, scratch) : compare(pinning));
process.exit();
