import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { isHostNodeSupported, root } from '../../scripts/lib/bootstrap.mjs';
import { matchesLock, stampOf } from '../../scripts/lib/install.mjs';
import { Child } from '../support/process/child.ts';

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

/** The imports of a file, which come before its first statement. */
function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  const all = text.matchAll(/^(?:import|export) (?:(?:\w+|\{([^}]*)\}) from )?'([^']+)';/gm);
  return [...all].map(([, list = '', from]) => ({
    names: list.match(/(?<=^|,)\s*\w+/g)?.map((name) => name.trim()) ?? [],
    from,
  }));
}

/** What the file, or one that it imports, imports that a fresh clone or the host lacks. */
function notOnAFreshClone(file, hasHost, seen = new Set()) {
  if (seen.has(file)) return [];
  seen.add(file);
  return importsOf(file).flatMap(({ names, from }) => {
    const fault = `${relative(root, file)} imports ${names.join(', ')} from ${from}`;
    if (from.startsWith('node:')) return hasHost(names, from) ? [] : [fault];
    if (!/^\.{1,2}\/.*\.mjs$/.test(from)) return [fault];
    return notOnAFreshClone(join(dirname(file), from), hasHost, seen);
  });
}

/** Whether the Node outside of this project exports the names; it may be an older one. */
function hostNode() {
  const path = process.env.PATH.split(delimiter).filter((one) => !one.includes('node_modules'));
  const exports = new Map();
  return (names, from) => {
    if (!exports.has(from)) {
      const code = `console.log(JSON.stringify(Object.keys(require('${from}'))))`;
      const env = { ...process.env, PATH: path.join(delimiter) };
      const { stdout } = spawnSync('node', ['-e', code], { env, encoding: 'utf8' });
      exports.set(from, JSON.parse(stdout));
    }
    return names.every((name) => exports.get(from).includes(name));
  };
}

test('every npm script starts on a fresh clone: no packages, and the Node of the host', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = Object.entries(scripts)
    .filter(([, command]) => command !== 'oxfmt .')
    .map(([name, command]) => {
      const [, file] = /^(?:[A-Z0-9_]+=\S+ )*(?:exec )?node (\S+\.mjs)/.exec(command) ?? [];
      assert.ok(file, `${name} does not start a script of ours: ${command}`);
      return join(root, file);
    });
  const hasHost = hostNode();
  const faults = files.flatMap((file) => notOnAFreshClone(file, hasHost));
  assert.deepEqual([...new Set(faults)], []);
});

test('every npm script reads its arguments or refuses them', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const ignoring = Object.values(scripts)
    .map((command) => / (\S+\.mjs)/.exec(command)?.[1])
    .filter(
      (file) =>
        file &&
        !/argv|readOptions|refuseArguments\(\)/.test(readFileSync(join(root, file), 'utf8')),
    );
  assert.deepEqual(ignoring, ['scripts/vx11.mjs']);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/start.mjs'), '--port=1'],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 1);
  assert.match(stderr, /takes no arguments, and was given --port=1\.\n.*\.env\.example/);
});

test('whatever ends npm ends what `npm start` has started', async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await put('package.json', { name: 'project', scripts: { start: scripts.start } });
  const bootstrap = JSON.stringify(join(root, 'scripts/lib/bootstrap.mjs'));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  await mkdir(join(home, 'scripts'));
  await writeFile(
    join(home, 'scripts/start.mjs'),
    `const { bootstrap } = await import(${bootstrap});
     await bootstrap(import.meta.url);
     for (const signal of ${JSON.stringify(signals)}) {
       process.on(signal, () => { console.log('ended in order'); process.exit(0); });
     }
     setTimeout(() => console.log('nobody has ended it'), 10_000);
     console.log('up');`,
  );
  const ends = [...signals, 'SIGKILL'].map(async (signal) => {
    const npm = new Child({ name: 'npm', command: 'npm', args: ['start'], cwd: home });
    await npm.line(/^up$/);
    process.kill(npm.pid, signal);
    const [line] = await npm.line(/^ended in order|^nobody/);
    return `${signal}: ${line}`;
  });
  assert.deepEqual(
    await Promise.all(ends),
    [...signals, 'SIGKILL'].map((signal) => `${signal}: ended in order`),
  );
});
