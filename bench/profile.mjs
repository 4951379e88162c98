/** Where operator-backend spends its time, issuing and fanning out: V8's sampling profiler. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { issueRound } from './issuing.mjs';
import { readProfile } from './lib/cpu-profile.mjs';
import { startServer } from './lib/processes.mjs';
import { measureRate, openSession } from './lib/session.mjs';
import { ours } from './lib/systems.mjs';
import { nowMicros } from './load/window.mjs';

const times = { warmMs: 2000, measureMs: 5000 };
const FAN_OUT_RATE = 1000;
const FAN_OUT_STREAMS = 500;

/** Prints both jobs' profiles; the files themselves go to `scratch` and end with the run. */
export async function profile(pinning, scratch) {
  const profiled = (name) => ['--cpu-prof', `--cpu-prof-dir=${path.join(scratch, name)}`];

  const server = await startServer(ours, pinning.server, profiled('issuing'));
  const issued = await issueRound(server, pinning, times);
  const issuedAt = nowMicros();
  await server.stop('SIGTERM');
  print(
    `issuing, ${issued.requests_per_s.toFixed(0)} requests/s`,
    path.join(scratch, 'issuing'),
    issuedAt,
  );

  const session = await openSession(ours, pinning, FAN_OUT_STREAMS, profiled('fan-out'));
  const row = await measureRate(session, FAN_OUT_RATE, times);
  const fannedOutAt = nowMicros();
  await session.stop('SIGTERM');
  print(
    `fan-out, ${row.deliveries_per_s.toFixed(0)} deliveries/s`,
    path.join(scratch, 'fan-out'),
    fannedOutAt,
  );
}

function print(title, directory, to) {
  const [file] = readdirSync(directory);
  const found = readProfile(path.join(directory, file), to - times.measureMs * 1000, to);
  list(`${title}: self time by origin`, found.origin.slice(0, 15));
  list(`${title}: self time by function`, found.self.slice(0, 25));
  const own = found.inclusive.filter(({ where }) => where.includes('dist/'));
  list(`${title}: our functions with all they call`, own.slice(0, 25));
}

function list(title, rows) {
  console.log(`\n${title}`);
  for (const { share, where } of rows) {
    console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${where}`);
  }
}
