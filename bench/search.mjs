/**
 * `npm run bench:search`: how long a search of the whole embedded log takes, as the panel does
 * it: pages of `GET /operator/api/events?q=…` until the beginning of the log is reached. The log
 * is filled with events of random ids, then the backend is started on it.
 *
 *   --events <n>  length of the log (default 1000000)
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, giveUp, root } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
const { setTimeout: delay } = await import('node:timers/promises');

const { values } = readOptions({ options: { events: { type: 'string', default: '1000000' } } });
const COUNT = Number(values.events);
const BATCH = 500;
const TOKEN = 'a-principal-token-of-the-search-bench-0123456789';
const NEEDLE = '7f3a2c9d-5b1e-4d60-8a77-0c4e9b2f6d15';
const MODULES = ['shop', 'billing', 'search', 'mail', 'web', 'stock', 'ship', 'auth'];

/** The needles are an id near the beginning, a word near the middle, and one that is nowhere. */
function eventOf(n) {
  const module = MODULES[n % MODULES.length];
  const order = n === 1_000 ? NEEDLE : randomUUID();
  const what = n === COUNT / 2 ? 'was lost by zebracorn' : 'was paid by card';
  const labels = {
    source: `/${module}/eu`,
    type: `${module}.order.${['placed', 'paid', 'sent'][n % 3]}`,
    severity: ['info', 'info', 'info', 'warn', 'error'][n % 5],
    module,
  };
  const event = {
    specversion: '1.0',
    id: `b-${n}`,
    ...labels,
    time: '2026-01-01T00:00:00.000Z',
    correlationid: randomUUID(),
    data: { summary: `Order ${n} ${what}`, order: { id: order, total: (n % 9_973) / 100 } },
  };
  return {
    id: event.id,
    ...labels,
    publisher: 'bench',
    deduplicate: false,
    json: JSON.stringify(event),
  };
}

async function fill(file) {
  const { SystemClock } = await import('../dist/kernel/clock.js');
  const { SqliteEventLog } = await import('../dist/events/log/sqlite/event-log.sqlite.js');
  const logger = { info() {}, warn: console.warn, error: console.error };
  const clock = new SystemClock();
  const log = new SqliteEventLog({ file, length: COUNT, ringLength: 10_000, clock, logger });
  await log.open();
  const started = performance.now();
  for (let n = 0; n < COUNT; n += BATCH) {
    await log.append(Array.from({ length: BATCH }, (_, index) => eventOf(n + index)));
  }
  const seconds = (performance.now() - started) / 1_000;
  await log.close();
  return seconds;
}

async function startBackend(dataDir, port) {
  const backend = spawn(process.execPath, [join(root, 'dist/operator-backend.js')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      VX11_OPERATOR_TOKEN: TOKEN,
      VX11_DATA_DIR: dataDir,
      VX11_BACKEND_PORT: String(port),
      VX11_EVENT_LOG_LENGTH: String(COUNT),
      VX11_LOG_FORMAT: 'json',
    },
  });
  process.on('exit', () => backend.kill('SIGKILL'));
  for (;;) {
    if (backend.exitCode !== null) throw new Error('the backend has ended');
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return backend;
    await delay(50);
  }
}

/** Reads pages until the log's beginning, or until `enough` matches. */
async function search(base, query) {
  const started = performance.now();
  let [found, requests, before] = [0, 0, ''];
  for (;;) {
    const answer = await fetch(`${base}/operator/api/events?limit=500&${query}${before}`, {
      headers: { 'X-VX11-Token': TOKEN },
    });
    if (!answer.ok) throw new Error(await answer.text());
    const page = await answer.json();
    requests += 1;
    found += page.events.length;
    if (page.next === null) break;
    before = `&before=${page.next}`;
  }
  return { ms: performance.now() - started, found, requests };
}

const dataDir = mkdtempSync(join(tmpdir(), 'vx11-search-'));
try {
  const file = join(dataDir, 'events.sqlite');
  const filling = await fill(file);
  const mb = statSync(file).size / 1e6;
  console.log(`${COUNT} events, ${mb.toFixed(0)} MB, appended in ${filling.toFixed(1)} s`);
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const started = performance.now();
  const backend = await startBackend(dataDir, port);
  console.log(`the backend is ready after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  const base = `http://127.0.0.1:${port}`;
  let slowest = 0;
  for (const [what, query] of [
    ['an id, once', `q=${NEEDLE}`],
    ['a word, once', 'q=zebracorn'],
    ['a word that is nowhere', 'q=nothing-like-this'],
    ['a source that is nowhere', 'source=/nowhere/*'],
    ['an id with a severity', `q=${NEEDLE}&severity=error`],
  ]) {
    const runs = [];
    for (let run = 0; run < 5; run += 1) runs.push(await search(base, query));
    const times = runs.map(({ ms }) => ms).toSorted((a, b) => a - b);
    const [{ found, requests }] = runs;
    console.log(
      `${what.padEnd(26)}${times[2].toFixed(0).padStart(6)} ms (median), ${times[4].toFixed(0)} ms (slowest of 5), ${found} found, ${requests} requests`,
    );
    slowest = Math.max(slowest, times[2]);
  }
  console.log(`load average ${loadavg()[0].toFixed(1)}`);
  backend.kill('SIGKILL');
  if (slowest > 1_000) throw new Error('Missed: a search of the whole log takes more than 1 s.');
} catch (error) {
  giveUp(error);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();
