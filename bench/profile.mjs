/** Where operator-backend spends its time, issuing and fanning out: V8's sampling profiler. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { issueRound } from './issuing.mjs';
import { startServer } from './lib/processes.mjs';
import { topSelfTime } from './lib/profile.mjs';
import { measureRate, openSession } from './lib/session.mjs';
import { ours } from './lib/systems.mjs';

const times = { warmMs: 1000, measureMs: 5000 };
const FAN_OUT_RATE = 1000;

/** Prints the functions with the most self time for both jobs; profiles are kept under `scratch`. */
export async function profile(pinning, scratch) {
  const profiled = (name) => ['--cpu-prof', `--cpu-prof-dir=${path.join(scratch, name)}`];

  const server = await startServer(ours, pinning.server, profiled('issuing'));
  const issued = await issueRound(server, pinning, times);
  await server.stop('SIGTERM');
  print(`issuing, ${issued.requests_per_s.toFixed(0)} requests/s`, path.join(scratch, 'issuing'));

  const session = await openSession(ours, pinning, 500, profiled('fan-out'));
  const row = await measureRate(session, FAN_OUT_RATE, times);
  await session.stop('SIGTERM');
  print(`fan-out, ${row.deliveries_per_s.toFixed(0)} deliveries/s`, path.join(scratch, 'fan-out'));
}

function print(title, directory) {
  const [file] = readdirSync(directory);
  console.log(`\n${title}: share of busy time by self time`);
  for (const { share, where } of topSelfTime(path.join(directory, file))) {
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
  }
}
