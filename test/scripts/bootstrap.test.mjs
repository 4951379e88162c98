import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { isHostNodeSupported } from '../../scripts/lib/bootstrap.mjs';
import { matchesLock, stampOf } from '../../scripts/lib/install.mjs';

let home;
const homes = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-bootstrap-'));
  homes.push(home);
});
after(() => Promise.all(homes.map((path) => rm(path, { recursive: true, force: true }))));

async function put(file, content) {
  await mkdir(dirname(join(home, file)), { recursive: true });
  await writeFile(join(home, file), JSON.stringify(content));
}

/** A project whose lockfile asks for `wanted` and whose node_modules has `installed`. */
async function project({ wanted, installed }) {
  await put('package.json', { name: 'project' });
  await put('package-lock.json', { packages: { '': {}, ...wanted } });
  await put('node_modules/.package-lock.json', { packages: installed });
  await put('node_modules/node/bin/node', '');
}

test('the oldest host Node is 20.19', () => {
  assert.deepEqual(
    ['18.20.4', '20.18.3', '20.19.0', '22.1.0', '24.21.0'].map(isHostNodeSupported),
    [false, false, true, true, true],
  );
});

test('what npm has installed just now needs no second installation', async () => {
  const packages = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };
  await project({ wanted: packages, installed: packages });
  assert.equal(matchesLock(home), true);
});

test('another version, another content or a missing package needs an installation', async () => {
  const wanted = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };
  for (const a of [
    { version: '1.0.1', integrity: 'sha512-a' },
    { version: '1.0.0', integrity: 'sha512-b' },
  ]) {
    await project({ wanted, installed: { 'node_modules/a': a } });
    assert.equal(matchesLock(home), false);
  }
  await project({ wanted, installed: {} });
  assert.equal(matchesLock(home), false);
});

test('an optional package of another system may be missing, one of this system may not', async () => {
  const optional = { version: '1.0.0', optional: true };
  const other = process.platform === 'win32' ? 'linux' : 'win32';
  await project({ wanted: { 'node_modules/b': { ...optional, os: [other] } }, installed: {} });
  assert.equal(matchesLock(home), true);
  const here = { ...optional, os: [process.platform], cpu: [process.arch] };
  await project({ wanted: { 'node_modules/b': here }, installed: {} });
  assert.equal(matchesLock(home), false);
});

test('the stamp changes with the lockfile and with a workspace', async () => {
  await put('package.json', { workspaces: ['client'] });
  await put('package-lock.json', { packages: {} });
  const stamps = [stampOf(home)];
  await put('client/package.json', { version: '1.0.0' });
  stamps.push(stampOf(home));
  await put('client/package.json', { version: '1.0.1' });
  stamps.push(stampOf(home));
  await put('package-lock.json', { packages: { '': {} } });
  stamps.push(stampOf(home));
  assert.equal(new Set(stamps).size, stamps.length);
  assert.equal(stampOf(home), stamps.at(-1));
});
