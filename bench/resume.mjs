/**
 * `npm run bench:resume`: every client comes back at once and has missed the same thousands of
 * events. Prints how long it takes until the last of them has all of its events, the server's CPU,
 * and the most memory that it took.
 *
 *   --streams <n>  clients (default 10000)
 *   --missed <n>   events that each has missed (default 5000)
 *   --redis        on a Redis instead of the embedded log
 *   --root <path>  another work tree, built, to measure as well
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { choosePinning, cpuSeconds, describeMachine, residentBytes } =
  await import('./lib/machine.mjs');
const { startLoad, startServer } = await import('./lib/processes.mjs');
const { answersRedis } = await import('./lib/redis.mjs');
const { ours, oursAt } = await import('./lib/systems.mjs');
const { freePort } = await import('../test/support/process/ports.ts');

const BATCH = 250;
const SAMPLE_MS = 50;
const script = path.join(import.meta.dirname, 'load/resumer.mjs');

/** Before every event of a new log. */
const FROM = '1-0';

/** Publishes the events that the clients miss. */
async function publish(url, count) {
  const post = async (size) => {
    const events = Array.from({ length: size }, () => ({
      specversion: '1.0',
      id: crypto.randomUUID(),
      source: '/bench/resume',
      type: 'bench.tick',
      severity: 'info',
      module: 'bench',
      data: { text: 'twenty-five plain letters', sent_us: 1234567890123 },
    }));
    const answer = await fetch(`${url}/operator/api/events`, {
      method: 'POST',
      headers: {
        ...ours.issue.headers,
        'Content-Type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    });
    if (answer.status !== 202) throw new Error(`Publishing answered ${answer.status}`);
  };
  for (let left = count; left > 0; left -= BATCH) await post(Math.min(BATCH, left));
}

async function measure(system, { streams, missed, pinning }) {
  const server = await startServer(system, pinning.server);
  const url = `http://127.0.0.1:${server.port}`;
  await publish(url, missed);
  const load = startLoad(script, pinning.load);
  const tokens = await load.ask('issue', {
    port: server.port,
    request: ours.issueRequest,
    count: streams,
  });
  const before = { resident: residentBytes(server.pid), cpu: cpuSeconds(server.pid) };
  let most = before.resident;
  const watch = setInterval(() => (most = Math.max(most, residentBytes(server.pid))), SAMPLE_MS);
  const row = await load.ask('resume', {
    port: server.port,
    path: ours.streamPath,
    from: FROM,
    missed,
    tokens,
  });
  clearInterval(watch);
  const cpu = cpuSeconds(server.pid) - before.cpu;
  await load.stop();
  await server.stop();
  return {
    system: system.name,
    ...row,
    cpu_us_per_event: (cpu / row.events) * 1e6,
    more_mib: (most - before.resident) / 2 ** 20,
  };
}

try {
  const { values } = readOptions({
    options: {
      streams: { type: 'string', default: '10000' },
      missed: { type: 'string', default: '5000' },
      redis: { type: 'boolean', default: false },
      root: { type: 'string' },
    },
  });
  const pinning = choosePinning();
  const plan = { streams: Number(values.streams), missed: Number(values.missed), pinning };
  const rows = [];
  for (const system of [ours, ...(values.root ? [oursAt(path.resolve(values.root))] : [])]) {
    if (!values.redis) {
      rows.push(await measure(system, plan));
      continue;
    }
    const dir = mkdtempSync(path.join(os.tmpdir(), 'vx11-resume-'));
    const port = await freePort();
    const redis = spawn('redis-server', ['--port', port, '--save', '', '--dir', dir], {
      stdio: 'ignore',
    });
    process.on('exit', () => redis.kill('SIGKILL'));
    const commands = await answersRedis(port);
    const env = (own) => ({
      ...system.env(own),
      NODE_ENV: 'development',
      VX11_REDIS_URL: `redis://127.0.0.1:${port}`,
    });
    rows.push({ ...(await measure({ ...system, env }, plan)), redis_commands: await commands() });
    redis.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
  console.log(JSON.stringify({ machine: describeMachine(pinning), ...plan, rows }, null, 2));
  process.exit();
} catch (error) {
  giveUp(error);
}
