/**
 * npm run test:upgrade: an old version together with the new one, as during a rolling upgrade.
 *
 *   --from REF   the old version; by default the first commit that has the chart
 *
 * Builds the old version in a work tree of its own. An old and a new operator-backend share one
 * Redis behind one gateway. The old client reads through a change of the instance, both ways;
 * tokens of the one are good at the other; an event goes to both, once; a revocation holds for
 * both. Needs redis-server.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { bootstrap, giveUp, root } from '../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';
import { checkOut, firstWithChart, removeCheckOut, runOld } from './old-version.mjs';

await bootstrap(import.meta.url, { build: true });
const { Child, answers } = await import('../support/process/child.ts');
const { freePorts } = await import('../support/process/ports.ts');

const { values } = readOptions({ options: { from: { type: 'string' } } });
const EVENTS = '/operator/api/events';
const work = mkdtempSync(join(tmpdir(), 'vx11-upgrade-'));
const old = join(work, 'old');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const token = randomBytes(24).toString('base64url');
const other = randomBytes(24).toString('base64url');
const running = [];
let failed = 0;
let redisUrl;

try {
  const from = values.from ?? firstWithChart();
  console.log(`old: ${git('log', '-1', '--format=%h %as %s', from)}`);
  checkOut(from, old);
  runOld(old, 'scripts/build.mjs');
  redisUrl = await startRedis();
  await check();
} catch (error) {
  giveUp(error);
} finally {
  for (const child of running) await child.end();
  removeCheckOut(old);
  rmSync(work, { recursive: true, force: true });
}
console.log(failed === 0 ? 'All passed.' : `${failed} failed.`);
process.exit(failed === 0 ? 0 : 1);

async function startRedis() {
  const [port] = await freePorts(1);
  const args = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    work,
    '--appendonly',
    'yes',
  ];
  const child = new Child({ name: 'redis-server', command: 'redis-server', args });
  running.push(child);
  await child.line(/Ready to accept connections/);
  return `redis://127.0.0.1:${port}`;
}

async function check() {
  const principals = join(work, 'principals.json');
  const principal = (id, secret) => ({
    id,
    tokenSha256: createHash('sha256').update(secret).digest('hex'),
    scopes: ['events:read', 'events:publish', 'streams:admin', 'audit:read'],
  });
  const list = [principal('one', token), principal('other', other)];
  writeFileSync(principals, JSON.stringify(list));
  const [oldPort, newPort, gatewayPort, metricsPort] = await freePorts(4);
  const shared = {
    NODE_ENV: 'production',
    VX11_PRINCIPALS_FILE: principals,
    VX11_HOP_KEYS: randomBytes(32).toString('base64'),
    VX11_TOKEN_KEYS: randomBytes(32).toString('base64'),
    VX11_NEIGHBOUR_TOKEN: randomBytes(24).toString('base64url'),
    VX11_REDIS_URL: redisUrl,
    VX11_LOG_LEVEL: 'warn',
    VX11_DRAIN_SECONDS: '2',
  };
  const start = async (cwd, entry, port, env) => {
    const directory = join(work, `data-${port}`);
    const program = { name: `${entry} of ${cwd}`, args: [join(cwd, 'dist', entry)], cwd };
    const child = new Child({ ...program, env: { ...shared, VX11_DATA_DIR: directory, ...env } });
    running.unshift(child);
    await child.until(() => answers(`http://127.0.0.1:${port}/readyz`), 60_000);
    return child;
  };
  const backend = (cwd, port) =>
    start(cwd, 'operator-backend.js', port, { VX11_BACKEND_PORT: String(port) });
  const oldUrl = `http://127.0.0.1:${oldPort}`;
  const newUrl = `http://127.0.0.1:${newPort}`;
  let oldBackend = await backend(old, oldPort);
  await start(root, 'tentaculo-link.js', gatewayPort, {
    VX11_GATEWAY_PORT: String(gatewayPort),
    VX11_GATEWAY_METRICS_PORT: String(metricsPort),
    VX11_BACKEND_URLS: `${oldUrl},${newUrl}`,
    VX11_GATEWAY_WORKERS: '1',
  });
  const gateway = `http://127.0.0.1:${gatewayPort}`;

  const client = await reader(join(old, 'client/dist/index.js'), gateway);
  await publish(gateway, 'before');
  await claim('the old client reads the old version through the new gateway', () =>
    client.has('before'),
  );
  let newBackend = await backend(root, newPort);
  await publish(oldUrl, 'at-old');
  await publish(newUrl, 'at-new');
  await claim('an event of either version reaches a stream of the old one', () =>
    client.has('at-old', 'at-new'),
  );
  const direct = await reader(join(old, 'client/dist/index.js'), newUrl);
  await publish(oldUrl, 'to-new');
  await claim('the old client reads the new version, and what the old one has taken', () =>
    direct.has('before', 'at-old', 'at-new', 'to-new'),
  );
  const modern = await reader(join(root, 'client/dist/index.js'), oldUrl);
  await claim('the new client reads the old version', () => modern.has('before', 'to-new'));
  for (const [issuing, redeeming, which] of [
    [oldUrl, newUrl, 'the old version is good at the new one'],
    [newUrl, oldUrl, 'the new version is good at the old one'],
  ]) {
    await claim(`an ephemeral token of ${which}`, async () => {
      const { sse_token: ephemeral } = await (await post(issuing, `${EVENTS}/sse-token`)).json();
      const url = `${redeeming}${EVENTS}/stream?follow=false&token=${ephemeral}`;
      return (await fetch(url)).status === 200;
    });
  }
  await claim('the same event sent to both versions is taken once', async () => {
    const first = await (await publish(oldUrl, 'twice')).json();
    const second = await (await publish(newUrl, 'twice')).json();
    return first.accepted === 1 && second.duplicates === 1;
  });
  await oldBackend.end();
  await publish(gateway, 'during');
  await claim('the old client goes on at the new version when the old instance has ended', () =>
    client.has('during'),
  );
  // The way back.
  oldBackend = await backend(old, oldPort);
  await publish(newUrl, 'again');
  await newBackend.end();
  await publish(gateway, 'after');
  await claim('and back at the old version when the new instance has ended', () =>
    client.has('again', 'after'),
  );
  newBackend = await backend(root, newPort);
  for (const [word, acting, seeing, status, which] of [
    ['revoke', newUrl, oldUrl, 403, 'revoked at the new version is refused by the old one'],
    ['restore', oldUrl, newUrl, 200, 'restored at the old version is accepted by the new one'],
  ]) {
    await claim(`a principal ${which}`, async () => {
      const answer = await post(acting, `/operator/api/principals/other/${word}`);
      if (answer.status !== 202) throw new Error(`${word}: ${answer.status}`);
      const from = performance.now();
      const isSo = async () => (await post(seeing, `${EVENTS}/sse-token`, other)).status === status;
      const ok = await eventually(isSo);
      console.log(`  in effect ${Math.round(performance.now() - from)} ms after the 202`);
      return ok;
    });
  }
  await claim('no client has lost an event, seen one twice, or met a gap', () =>
    [client, direct, modern].every(({ isClean }) => isClean()),
  );
  for (const one of [client, direct, modern]) one.close();
}

async function claim(words, isSo) {
  const from = performance.now();
  const ok = await Promise.resolve(isSo()).catch((error) => {
    console.log(error.message);
    return false;
  });
  console.log(`${ok ? '✓' : '✗'} ${words} (${Math.round(performance.now() - from)} ms)`);
  if (!ok) failed += 1;
}

async function eventually(isSo) {
  for (let round = 0; round < 150; round += 1) {
    if (await isSo()) return true;
    await delay(200);
  }
  return false;
}

function post(url, path, credential = token) {
  return fetch(url + path, { method: 'POST', headers: { 'X-VX11-Token': credential } });
}

function publish(url, id) {
  return fetch(url + EVENTS, {
    method: 'POST',
    headers: { 'X-VX11-Token': token, 'Content-Type': 'application/cloudevents+json' },
    body: JSON.stringify({
      specversion: '1.0',
      id,
      source: '/upgrade',
      type: 'upgrade.test',
      severity: 'info',
      module: 'upgrade',
    }),
  });
}

/** A client library of one version, and what it has received. */
async function reader(module, baseUrl) {
  const { createEventsClient } = await import(pathToFileURL(module).href);
  const seen = [];
  let gaps = 0;
  const filter = { type: ['upgrade.test'] };
  const client = createEventsClient({ baseUrl, token, transport: 'fetch', filter });
  client.on('event', ({ id }) => seen.push(id));
  client.on('gap', () => (gaps += 1));
  await eventually(() => client.state?.status === 'live');
  return {
    has: (...ids) => eventually(() => ids.every((id) => seen.includes(id))),
    isClean: () => {
      const isClean = gaps === 0 && new Set(seen).size === seen.length;
      if (!isClean) console.log(`gaps ${gaps}, seen ${seen.join()}`);
      return isClean;
    },
    close: () => client.close(),
  };
}
