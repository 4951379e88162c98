/** Where operator-backend spends its time, issuing, opening and fanning out: V8's sampling profiler. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { issueRound } from './issuing.mjs';
import { readProfile } from './lib/cpu-profile.mjs';
import { startLoad, startServer } from './lib/processes.mjs';
import { measureRate, openSession } from './lib/session.mjs';
import { ours } from './lib/systems.mjs';
import { nowMicros } from './load/window.mjs';

const times = { warmMs: 2000, measureMs: 5000 };
const FAN_OUT_RATE = 1000;
const FAN_OUT_STREAMS = 500;
const OPENS = 6000;
const OPENS_AT_ONCE = 64;
const opener = path.join(import.meta.dirname, 'load/opener.mjs');

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

  await profileOpening(pinning, scratch, profiled('opening'));

  const session = await openSession(ours, pinning, FAN_OUT_STREAMS, {
    nodeArgs: profiled('fan-out'),
  });
  const row = await measureRate(session, FAN_OUT_RATE, times);
  const fannedOutAt = nowMicros();
  await session.stop('SIGTERM');
  print(
    `fan-out, ${row.deliveries_per_s.toFixed(0)} deliveries/s`,
    path.join(scratch, 'fan-out'),
    fannedOutAt,
  );
}

/** Only opening: the tokens are issued, and the code compiled, before. */
export async function profileOpening(pinning, scratch, nodeArgs) {
  const server = await startServer(ours, pinning.server, nodeArgs);
  const load = startLoad(opener, pinning.load);
  const open = (count) =>
    load.ask('open', {
      port: server.port,
      pid: server.pid,
      request: ours.issueRequest,
      path: ours.streamPath,
      count,
      atOnce: OPENS_AT_ONCE,
    });
  await open(OPENS / 3);
  await load.ask('leave');
  const row = await open(OPENS);
  const to = nowMicros();
  await server.stop('SIGTERM');
  await load.stop();
  print(
    `opening, ${row.cpu_us_per_open.toFixed(0)} µs of CPU each`,
    path.join(scratch, 'opening'),
    to,
    row.seconds * 1e6,
  );
}

function print(title, directory, to, micros = times.measureMs * 1000) {
  const [file] = readdirSync(directory);
  const found = readProfile(path.join(directory, file), to - micros, to);
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
