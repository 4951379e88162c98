/**
 * `npm run bench:filters`: what it costs to open a stream whose filter matches rarely, on logs of
 * different lengths, embedded and on Redis. For each filter 100 streams are opened, ten at a time.
 * CPU is what the server's main thread used for all 100; the stall is the most CPU time between two
 * turns of its event loop; p50 and max are from a request to its snapshot.
 *
 *   --events <list>  lengths of the log (default 0,10000,100000,1000000)
 *   --stores <list>  embedded,redis (default both)
 *   --root <path>    another work tree, built, to measure instead of this one
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, giveUp, root as ownRoot } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { setTimeout: delay } = await import('node:timers/promises');
const { percentile } = await import('./lib/stats.mjs');

const OPENS = 100;
const AT_ONCE = 10;
const BATCH = 500;
/** Events of each rare kind in a log, all in its older half. */
const RARE = 5;
const TOKEN = 'a-principal-token-of-the-filter-bench-0123456789';

const FILTERS = {
  severity: 'severity=critical',
  module: 'module=billing',
  type: 'type=order.refund.failed',
  'prefix of type': 'type=payment.*',
  'severity and module': 'severity=error&module=billing',
  'prefix and severity': 'type=payment.*&severity=error',
  'no match': 'module=nowhere',
  'no filter': '',
};

/** The rare events of a log; all others are made by `common`. */
const RARE_KINDS = [
  { severity: 'critical', module: 'web', type: 'http.request.done' },
  { severity: 'warn', module: 'billing', type: 'http.request.done' },
  { severity: 'info', module: 'web', type: 'order.refund.failed' },
  { severity: 'info', module: 'web', type: 'payment.card.declined' },
  { severity: 'error', module: 'billing', type: 'http.request.done' },
  { severity: 'error', module: 'web', type: 'payment.card.expired' },
];

function common(n) {
  return {
    severity: ['info', 'info', 'info', 'warn', 'error'][n % 5],
    module: `service-${n % 12}`,
    type: `http.${['request', 'response', 'session', 'cache'][n % 4]}.done`,
  };
}

function* eventsOf(count) {
  const step = Math.max(1, Math.floor(count / 2 / (RARE * RARE_KINDS.length)));
  for (let n = 0; n < count; n += 1) {
    const rare = n % step === 0 ? RARE_KINDS[(n / step) % RARE_KINDS.length] : undefined;
    const labels = rare && n < count / 2 ? rare : common(n);
    const event = {
      specversion: '1.0',
      id: `bench-${n}`,
      source: '/bench/filters',
      ...labels,
      time: '2026-01-01T00:00:00.000Z',
      data: { summary: 'An event of a realistic size. '.repeat(6), n },
    };
    yield {
      id: event.id,
      source: event.source,
      ...labels,
      publisher: 'bench',
      deduplicate: false,
      json: JSON.stringify(event),
    };
  }
}

const processes = new Set();
process.on('exit', () => {
  for (const child of processes) child.kill('SIGKILL');
});

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  processes.add(child);
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (child.output = (child.output + chunk).slice(-20_000)));
  }
  child.once('exit', () => processes.delete(child));
  return child;
}

async function stop(child) {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function until(child, done) {
  while (!(await done())) {
    if (child.exitCode !== null) throw new Error(`a process has ended:\n${child.output}`);
    await delay(20);
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Fills the log with the adapter of the tree that is measured. */
async function fill(tree, store, count, env) {
  const load = (path) => import(pathToFileURL(join(tree, 'dist', path)).href);
  const { SystemClock } = await load('kernel/clock.js');
  const clock = new SystemClock();
  const length = Number(env.VX11_EVENT_LOG_LENGTH);
  let log;
  let close = async () => {};
  if (store === 'embedded') {
    const { SqliteEventLog } = await load('events/log/sqlite/event-log.sqlite.js');
    const file = join(env.VX11_DATA_DIR, 'events.sqlite');
    log = new SqliteEventLog({ file, length, ringLength: 100, clock, logger: quiet });
  } else {
    const { loadConfig } = await load('config/config.js');
    const { RedisClient } = await load('redis/client.js');
    const { redisSettings } = await load('redis/settings.js');
    const { RedisStreamReader } = await load('redis/stream-reader.js');
    const { RedisEventLog } = await load('events/log/redis/event-log.redis.js');
    const config = { VX11_REDIS_URL: env.VX11_REDIS_URL, VX11_REDIS_TIMEOUT_MS: '10000' };
    const client = new RedisClient(redisSettings(loadConfig(config)), quiet);
    await client.connect();
    const options = { length, maxAgeMs: 0, ringLength: 100, replicas: 0 };
    log = new RedisEventLog(client, new RedisStreamReader(client, quiet), options, clock, quiet);
    close = () => client.close();
  }
  await log.open();
  let batch = [];
  for (const event of eventsOf(count)) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    await log.append(batch);
    batch = [];
  }
  if (batch.length > 0) await log.append(batch);
  await log.close();
  await close();
}

/** Milliseconds from the request to the snapshot. */
async function open(url, query) {
  const controller = new AbortController();
  const startedAt = performance.now();
  const response = await fetch(`${url}/operator/api/events/stream?${query}`, {
    headers: { 'X-VX11-Token': TOKEN },
    signal: controller.signal,
  });
  if (!response.ok) throw new Error(`the stream answers ${response.status}`);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (/event: snapshot\n[^]*\n\n/.test(text)) break;
  }
  const took = performance.now() - startedAt;
  controller.abort();
  return took;
}

/** CPU time of the server and its longest stall, since the last call; milliseconds. */
async function usage(server) {
  server.output = '';
  server.kill('SIGUSR2');
  const line = /cpu ([\d.]+) longest ([\d.]+)\n/;
  await until(server, () => line.test(server.output));
  const [, cpu, stall] = line.exec(server.output);
  return { cpu: Number(cpu), stall: Number(stall) };
}

/** CPU milliseconds that Redis has used. */
async function redisCpu(port) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk)).write('INFO cpu\r\n');
  while (!text.includes('used_cpu_user:')) await once(socket, 'data');
  socket.destroy();
  const seconds = (name) => Number(new RegExp(`used_cpu_${name}:([\\d.]+)`).exec(text)[1]);
  return (seconds('sys') + seconds('user')) * 1000;
}

async function measure(tree, store, count) {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-filters-'));
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    VX11_OPERATOR_TOKEN: TOKEN,
    VX11_DATA_DIR: directory,
    VX11_LOG_LEVEL: 'error',
    VX11_EVENT_LOG_LENGTH: String(Math.max(100_000, count + 10_000)),
  };
  let redis;
  let redisPort;
  if (store === 'redis') {
    redisPort = await freePort();
    redis = start('redis-server', ['--port', String(redisPort), '--save', '', '--dir', directory]);
    env.VX11_REDIS_URL = `redis://127.0.0.1:${redisPort}`;
    // Production needs a key for what Redis holds.
    env.VX11_TOKEN_KEYS = randomBytes(32).toString('base64');
    await until(redis, () => redis.output.includes('Ready to accept connections'));
  }
  await fill(tree, store, count, env);
  const port = await freePort();
  const startedAt = performance.now();
  const server = start(
    process.execPath,
    [
      '--import',
      join(ownRoot, 'bench/load/loop-stall.mjs'),
      join(tree, 'dist/operator-backend.js'),
    ],
    { cwd: directory, env: { ...env, VX11_BACKEND_PORT: String(port) } },
  );
  const url = `http://127.0.0.1:${port}`;
  await until(server, () =>
    fetch(`${url}/livez`)
      .then(({ ok }) => ok)
      .catch(() => false),
  );
  const startMs = performance.now() - startedAt;
  const rows = [];
  // The first opens find code that is not compiled yet.
  for (let n = 0; n < OPENS; n += 1) await open(url, FILTERS['no match']);
  // The first opens find code that is not compiled yet, and the garbage of filling the log.
  for (let n = 0; n < 2 * OPENS; n += 1) await open(url, Object.values(FILTERS)[n % 2]);
  for (const [kind, query] of Object.entries(FILTERS)) {
    await usage(server);
    const redisBefore = redis ? await redisCpu(redisPort) : 0;
    const times = [];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let n = 0; n < OPENS / AT_ONCE; n += 1) times.push(await open(url, query));
      }),
    );
    times.sort((a, b) => a - b);
    const { cpu, stall } = await usage(server);
    const redisMs = redis ? (await redisCpu(redisPort)) - redisBefore : 0;
    rows.push({ kind, cpu, stall, redisMs, p50: percentile(times, 0.5), max: times.at(-1) });
  }
  await stop(server);
  if (redis) await stop(redis);
  rmSync(directory, { recursive: true, force: true });
  return { rows, startMs };
}

try {
  const { values } = readOptions({
    options: {
      events: { type: 'string', default: '0,10000,100000,1000000' },
      stores: { type: 'string', default: 'embedded,redis' },
      root: { type: 'string', default: ownRoot },
    },
  });
  const tree = resolve(values.root);
  for (const store of values.stores.split(',')) {
    let empty;
    for (const count of values.events.split(',').map(Number)) {
      const { rows, startMs } = await measure(tree, store, count);
      empty ??= rows;
      console.log(
        `\n${store}, ${count.toLocaleString('en-US')} events (server ready after ${(startMs / 1000).toFixed(1)} s, load ${loadavg()[0].toFixed(1)})`,
      );
      console.log(
        '| filter | CPU ms | × empty | longest stall ms | Redis CPU ms | p50 ms | max ms |',
      );
      console.log('|---|---:|---:|---:|---:|---:|---:|');
      for (const [index, row] of rows.entries()) {
        const times = (row.cpu / empty[index].cpu).toFixed(2);
        const figures = [row.stall, row.redisMs, row.p50, row.max].map((ms) => ms.toFixed(1));
        console.log(`| ${[row.kind, row.cpu.toFixed(0), times, ...figures].join(' | ')} |`);
      }
    }
  }
  process.exit();
} catch (error) {
  giveUp(error);
}
