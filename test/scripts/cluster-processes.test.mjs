import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { baseUrlOf, checkPorts } from '../../scripts/lib/addresses.mjs';
import { banner } from '../../scripts/lib/banner.mjs';
import {
  clusterProcesses,
  clusterSettings,
  needsRedisServer,
} from '../../scripts/lib/cluster-processes.mjs';
import { ensureSystemPackages } from '../../scripts/lib/system-packages.mjs';
import { Child } from '../support/process/child.ts';
import { freePort } from '../support/process/ports.ts';

const kept = { kind: 'kept', file: 'x' };

test('three instances at ports of their own, on one Redis, behind the gateway', () => {
  const rows = clusterProcesses({});
  const settings = clusterSettings(rows, {});
  assert.equal(settings.VX11_REDIS_URL, 'redis://127.0.0.1:6379');
  assert.equal(
    settings.VX11_BACKEND_URLS,
    'http://127.0.0.1:8011,http://127.0.0.1:8012,http://127.0.0.1:8013',
  );
  const instances = rows.filter(({ name }) => name.startsWith('operator-backend'));
  assert.deepEqual(
    instances.map(({ env }) => env.VX11_BACKEND_PORT),
    ['8011', '8012', '8013'],
  );
  assert.ok(instances.every(({ needs }) => needs.includes('redis')));
  assert.equal(new Set(rows.map((row) => baseUrlOf(row, {}))).size, rows.length);
});

test('the ports follow the variables', () => {
  const env = { VX11_BACKEND_PORT: '9000', VX11_REDIS_PORT: '7000' };
  const settings = clusterSettings(clusterProcesses(env), env);
  assert.match(settings.VX11_BACKEND_URLS, /:9000,.*:9001,.*:9002$/);
  assert.equal(settings.VX11_REDIS_URL, 'redis://127.0.0.1:7000');
});

test('a Redis that the environment names is used, and none is started', () => {
  for (const name of ['VX11_REDIS_URL', 'VX11_REDIS_SENTINELS', 'VX11_REDIS_CLUSTER']) {
    const env = { [name]: 'redis://u:s3cret@there:6380' };
    assert.equal(needsRedisServer(env), false);
    const rows = clusterProcesses(env);
    assert.ok(rows.every((row) => row.name !== 'redis' && !row.needs.includes('redis')));
    assert.equal(clusterSettings(rows, env).VX11_REDIS_URL, undefined);
  }
});

test('the banner says where tokens and events are, and never a password', () => {
  const own = { VX11_REDIS_URL: 'redis://127.0.0.1:6379' };
  assert.match(
    banner(clusterProcesses({}), own, kept),
    /in Redis \(127\.0\.0\.1:6379\), durable in \.data\/redis\/\. Instances: 3\./,
  );
  const env = { VX11_REDIS_URL: 'redis://u:s3cret@there:6380' };
  const text = banner(clusterProcesses(env), env, kept);
  assert.match(text, /in Redis \(there:6380\)\. Instances: 3\./);
  assert.doesNotMatch(text, /s3cret/);
});

test('a taken port of Redis is named, with both ways out', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const env = {
    VX11_REDIS_PORT: String(squatter.address().port),
    npm_lifecycle_event: 'start:cluster',
  };
  const rows = clusterProcesses(env).filter(({ name }) => name === 'redis');
  await assert.rejects(checkPorts(rows, env), (error) => {
    assert.match(error.message, /redis needs it/);
    assert.match(error.message, /VX11_REDIS_PORT=\d+ npm run start:cluster/);
    assert.match(error.message, /VX11_REDIS_URL=redis:\/\/127\.0\.0\.1:6379 npm run/);
    return true;
  });
  squatter.close();
});

test('Redis is up when it answers, and ends with the process that has started it', async () => {
  ensureSystemPackages(['redis-server']);
  const port = String(await freePort());
  const directory = mkdtempSync(join(tmpdir(), 'vx11-run-redis-'));
  const env = { VX11_DATA_DIR: directory, VX11_REDIS_PORT: port };
  const [row] = clusterProcesses(env);
  const url = baseUrlOf(row, env);
  assert.equal(await row.probe(url), 'ECONNREFUSED');
  const child = new Child({ name: 'redis', args: [row.entry], env });
  await child.until(async () => (await row.probe(url)) === 'ok', 60_000);
  assert.deepEqual(await child.end('SIGTERM'), { code: 0, signal: null });
  assert.equal(await row.probe(url), 'ECONNREFUSED');
  rmSync(directory, { recursive: true, force: true });
});
