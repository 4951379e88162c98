import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { giveUp, Stop } from '../scripts/lib/bootstrap.mjs';
import { measureRates, measureSaturation } from './fan-out.mjs';
import { MOST_IDLE_STREAMS, measureIdleMemory } from './idle-memory.mjs';
import { measureIssuing } from './issuing.mjs';
import { buildStock } from './lib/build-stock.mjs';
import { choosePinning, describeMachine, openFileLimit } from './lib/machine.mjs';
import { NOISY, worstNoise } from './lib/noise.mjs';
import { render, verdicts } from './lib/report.mjs';
import { scratch } from './lib/systems.mjs';
import { comparePeers } from './peers.mjs';
import { profile } from './profile.mjs';

const DEFAULT_STREAMS = 500;
const LONGEST_RUN_MINUTES = 8;
const LONGEST_PEERS_MINUTES = 25;
/** Files that a server has open besides its streams, generously. */
const OTHER_FILES = 200;

const FULL = {
  issuing: { rounds: 5, warmMs: 1000, measureMs: 3000 },
  rates: { rounds: 3, rates: [50, 1000, 4000], warmMs: 3000, measureMs: 4000 },
  saturation: { rounds: 2, halvings: 2, warmMs: 1000, measureMs: 2500 },
  memory: { rounds: 2, settleMs: 1000 },
};
const QUICK = {
  issuing: { rounds: 2, warmMs: 700, measureMs: 1500 },
  rates: { rounds: 1, rates: [50, 1000, 4000], warmMs: 1000, measureMs: 2000 },
  saturation: { rounds: 1, halvings: 1, warmMs: 700, measureMs: 2000 },
  memory: { rounds: 1, settleMs: 500 },
};

/** One run, whole or in part; `options` are the command's. Bounded in time. */
export async function bench({ quick, peers, profile: profileOnly, streams: wanted }) {
  const streams = Number(wanted ?? DEFAULT_STREAMS);
  checkFileLimit(streams);
  const minutes = peers ? LONGEST_PEERS_MINUTES : LONGEST_RUN_MINUTES;
  const tooLong = new Stop(`Ended after ${minutes} minutes, the longest a run may take.`);
  setTimeout(() => giveUp(tooLong), minutes * 60_000).unref();

  const pinning = choosePinning();
  if (!pinning.pinned) log('No taskset or no second core: server and load share what there is.');
  if (profileOnly) return profile(pinning, scratch);
  if (peers) return comparePeers(pinning);

  const result = await compare(quick ? QUICK : FULL, streams, pinning);
  const text = render(result);
  console.log(`\n${text}`);
  if (!quick && !result.noisy && streams === DEFAULT_STREAMS) record(result, text);
}

async function compare(plan, streams, pinning) {
  await buildStock();
  const issuing = await measureIssuing(plan.issuing, pinning, log);
  const rates = await measureRates({ ...plan.rates, streams }, pinning, log);
  const saturation = await measureSaturation({ ...plan.saturation, streams }, rates, pinning, log);
  const memory = await measureIdleMemory(plan.memory, pinning, log);
  const measured = { issuing, rates, saturation, memory };
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(pinning),
    streams,
    noisy: worstNoise(measured) > NOISY,
    verdicts: verdicts(measured),
    ...measured,
  };
}

function record(result, text) {
  const results = path.join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(path.join(results, `${result.date}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(path.join(results, 'latest.md'), text);
}

function checkFileLimit(streams) {
  const needed = Math.max(streams, MOST_IDLE_STREAMS) + OTHER_FILES;
  const limit = openFileLimit();
  if (limit >= needed) return;
  throw new Stop(
    `This run needs ${needed} open files in one process; the limit here is ${limit}.\n` +
      `Raise it first, for instance with: ulimit -n ${needed}`,
  );
}

function log(line) {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`);
}
