/**
 * `npm run bench:check`: what operations of operator-backend cost, counted and not timed, so that
 * the result does not depend on the machine: writes to sockets, encodings, commands to
 * Redis, bytes allocated. Ends with 1 when a count is above its bound.
 *
 *   --plant <name>  with a regression of bench/load/plant.mjs: proves that the check finds it
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { bootstrap, giveUp, Stop } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { startServer } = await import('./lib/processes.mjs');
const { freePort } = await import('../test/support/process/ports.ts');
const { answersRedis } = await import('./lib/redis.mjs');
const { gateway, ours } = await import('./lib/systems.mjs');

/** A run that hangs must not hang its caller; no measurement. */
const LONGEST_RUN_MS = 300_000;
const OPS = 300;
const AT_ONCE = 30;
const IDLE_MS = 3_000;
const STREAMS = 100;
const EVENTS = 30;

/** Most of each count; docs/reference/benchmarks.md says what it consists of. */
const BOUNDS = {
  'writes per open': 1.5,
  'heap bytes per open': 85_000,
  'writes per issue': 1.5,
  'heap bytes per issue': 55_000,
  'writes per event and stream, one at a time': 1.3,
  'writes per stream, 30 events in one batch': 1.5,
  'encodings per event, 100 streams': 2,
  'writes per event, 100 streams through a gateway': 5,
  'Redis commands per issue': 1.5,
  'Redis commands per open': 1.8,
  'Redis commands per publish': 1.8,
};

const load = (name) => path.join(import.meta.dirname, 'load', name);
const TOKEN = ours.issue.headers['X-VX11-Token'];

function serverOptions(plant) {
  const node = ['--import', load('counters.mjs')];
  return plant ? [...node, '--import', load('plant.mjs')] : node;
}

async function issue(url) {
  const answer = await fetch(`${url}${ours.issue.path}`, {
    method: 'POST',
    headers: ours.issue.headers,
  });
  if (!answer.ok) throw new Error(`Issuing answered ${answer.status}`);
  return (await answer.json()).sse_token;
}

/** Opens a stream; resolves when its first frame is there. `frames` counts the events it got. */
function open(port, token) {
  return new Promise((resolve, reject) => {
    const stream = { events: 0, socket: connect(port, '127.0.0.1'), close: () => {} };
    let text = '';
    stream.close = () => stream.socket.destroy();
    stream.socket.on('error', reject);
    stream.socket.on('data', (bytes) => {
      text += bytes.latin1Slice();
      if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text.split('\r\n', 1)[0]));
      if (text.includes('event: snapshot\n') && text.endsWith('\n\n\r\n')) resolve(stream);
      stream.events = text.match(/^id: /gm)?.length ?? 0;
    });
    stream.socket.write(
      `GET ${ours.streamPath}&token=${token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: check\r\n\r\n`,
    );
  });
}

async function publish(url, count) {
  const events = Array.from({ length: count }, () => ({
    specversion: '1.0',
    id: crypto.randomUUID(),
    source: '/bench/check',
    type: 'bench.tick',
    severity: 'info',
    module: 'bench',
    data: {},
  }));
  const answer = await fetch(`${url}/operator/api/events`, {
    method: 'POST',
    headers: { 'X-VX11-Token': TOKEN, 'Content-Type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  if (answer.status !== 202) throw new Error(`Publishing answered ${answer.status}`);
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

async function until(done) {
  while (!done()) await settle();
}

async function counted(server, work) {
  await server.counters();
  await work();
  return server.counters();
}

/** @returns commands sent to Redis meanwhile, and milliseconds that it took */
async function commands(server, work) {
  const from = performance.now();
  const { redis_commands: count } = await counted(server, work);
  return { count, ms: performance.now() - from };
}

/** @returns name of each count → its value */
async function embedded(plant) {
  const server = await startServer(
    plant ? planted(ours, plant) : ours,
    undefined,
    serverOptions(plant),
  );
  const url = `http://127.0.0.1:${server.port}`;
  const results = new Map();
  // The first requests find code that is not compiled yet.
  for (let n = 0; n < 50; n += 1) (await open(server.port, await issue(url))).close();
  const tokens = [];
  const issuing = await counted(server, async () => {
    for (let n = 0; n < OPS; n += 1) tokens.push(await issue(url));
  });
  const streams = [];
  const opening = await counted(server, async () => {
    for (const token of tokens) streams.push(await open(server.port, token));
  });
  results.set('writes per issue', issuing.writes / OPS);
  results.set('heap bytes per issue', issuing.heap_bytes / OPS);
  results.set('writes per open', opening.writes / OPS);
  results.set('heap bytes per open', opening.heap_bytes / OPS);
  for (const stream of streams.splice(STREAMS)) stream.close();
  let expected = 0;
  const all = () => streams.every(({ events }) => events === expected);
  const one = await counted(server, async () => {
    for (let n = 0; n < EVENTS; n += 1) {
      await publish(url, 1);
      expected += 1;
      await until(all);
    }
  });
  results.set('writes per event and stream, one at a time', one.writes / EVENTS / STREAMS);
  results.set('encodings per event, 100 streams', one.encodes / EVENTS);
  const batch = await counted(server, async () => {
    await publish(url, EVENTS);
    expected += EVENTS;
    await until(all);
  });
  results.set('writes per stream, 30 events in one batch', batch.writes / STREAMS);
  for (const stream of streams) stream.close();
  results.set('writes per event, 100 streams through a gateway', await throughGateway(server));
  await server.stop();
  return results;
}

/** @returns writes of the server for each event: those to the streams cross in one */
async function throughGateway(server) {
  const metricsPort = await freePort();
  const system = gateway(server.port, 1);
  const env = (port) => ({ ...system.env(port), VX11_GATEWAY_METRICS_PORT: metricsPort });
  const front = await startServer({ ...system, env });
  const url = `http://127.0.0.1:${server.port}`;
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  while (!(await metrics()).includes('vx11_gateway_trunks 1')) await settle();
  const streams = [];
  while (streams.length < STREAMS) streams.push(await open(front.port, await issue(url)));
  let expected = 0;
  const publishOne = async () => {
    await publish(url, 1);
    expected += 1;
    await until(() => streams.every(({ events }) => events === expected));
  };
  // The streams before these may still be leaving.
  await publishOne();
  const { writes } = await counted(server, async () => {
    for (let n = 0; n < EVENTS; n += 1) await publishOne();
  });
  for (const stream of streams) stream.close();
  await front.stop('SIGTERM');
  return writes / EVENTS;
}

function planted(system, plant) {
  return { ...system, env: (port) => ({ ...system.env(port), PLANT: plant }) };
}

async function onRedis(plant) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'vx11-check-'));
  const port = await freePort();
  const redis = spawn('redis-server', ['--port', port, '--save', '', '--dir', dir], {
    stdio: 'ignore',
  });
  process.on('exit', () => redis.kill('SIGKILL'));
  await answersRedis(port);
  const system = {
    ...ours,
    env: (own) => ({
      ...ours.env(own),
      NODE_ENV: 'development',
      VX11_REDIS_URL: `redis://127.0.0.1:${port}`,
      ...(plant ? { PLANT: plant } : {}),
    }),
  };
  const server = await startServer(system, undefined, serverOptions(plant));
  const url = `http://127.0.0.1:${server.port}`;
  const results = new Map();
  // What the product sends by itself, on a slow machine more for each operation.
  const idle = await commands(server, () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)));
  const per = async (name, work) => {
    let next = 0;
    const worker = async () => {
      while (next < OPS) await work(next++);
    };
    const all = await commands(server, () => Promise.all(Array.from({ length: AT_ONCE }, worker)));
    results.set(name, (all.count - (idle.count / idle.ms) * all.ms) / OPS);
  };
  const tokens = [];
  await per('Redis commands per issue', async () => tokens.push(await issue(url)));
  await per('Redis commands per open', async (n) => (await open(server.port, tokens[n])).close());
  await per('Redis commands per publish', () => publish(url, 1));
  await server.stop();
  const ended = once(redis, 'exit');
  redis.kill('SIGKILL');
  await ended;
  rmSync(dir, { recursive: true, force: true });
  return results;
}

try {
  const hangs = new Stop('The server no longer answers; bench/check.mjs gives up.');
  setTimeout(() => giveUp(hangs), LONGEST_RUN_MS).unref();
  const { values } = readOptions({ options: { plant: { type: 'string' } } });
  const results = new Map([...(await embedded(values.plant)), ...(await onRedis(values.plant))]);
  const faults = [];
  for (const [name, bound] of Object.entries(BOUNDS)) {
    const value = results.get(name);
    const holds = value <= bound;
    if (!holds) faults.push(name);
    const shown = value >= 100 ? Math.round(value) : value.toFixed(2);
    console.log(
      `${holds ? 'ok  ' : 'MORE'} ${name.padEnd(46)}${String(shown).padStart(9)}  (at most ${bound})`,
    );
  }
  if (faults.length > 0) throw new Stop(`Above the bound: ${faults.join('; ')}.`);
  process.exit();
} catch (error) {
  giveUp(error);
}
