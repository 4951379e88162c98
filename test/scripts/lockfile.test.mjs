import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLock, missingOptionals } from '../../scripts/lib/lockfile.mjs';

const lockWith = (packages) => ({ packages: { '': { name: 'root' }, ...packages } });

test('an optional package without an entry is missing', () => {
  const lock = lockWith({
    'node_modules/tool': { optionalDependencies: { '@tool/linux-x64-musl': '1.2.3' } },
  });
  assert.deepEqual(missingOptionals(lock), [
    { path: 'node_modules/@tool/linux-x64-musl', version: '1.2.3' },
  ]);
});

test('an entry next to the parent or above it is found', () => {
  const optionalDependencies = { '@tool/linux-x64': '1.2.3' };
  for (const entry of [
    'node_modules/a/node_modules/@tool/linux-x64',
    'node_modules/@tool/linux-x64',
  ]) {
    const lock = lockWith({
      'node_modules/a/node_modules/tool': { optionalDependencies },
      [entry]: { version: '1.2.3', optional: true },
    });
    assert.deepEqual(missingOptionals(lock), [], entry);
  }
});

test('a version range is left to npm, which alone can resolve it', () => {
  const lock = lockWith({ 'node_modules/a': { optionalDependencies: { fsevents: '^2.3.3' } } });
  assert.deepEqual(missingOptionals(lock), []);
});

test('what is added says which system it is for, so that npm fetches it nowhere else', () => {
  const names = ['@tool/linux-x64-gnu', 'tool-win32-arm64', '@tool/wasm32-wasi', 'tool-darwin-x64'];
  const lock = lockWith({
    'node_modules/tool': {
      optionalDependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])),
    },
  });
  completeLock(lock);
  const entry = (name) => lock.packages[`node_modules/${name}`];
  const common = { version: '1.0.0', optional: true };
  const glibc = { cpu: ['x64'], libc: ['glibc'], os: ['linux'] };
  assert.deepEqual(entry('@tool/linux-x64-gnu'), { ...common, ...glibc });
  assert.deepEqual(entry('tool-win32-arm64'), { ...common, cpu: ['arm64'], os: ['win32'] });
  assert.deepEqual(entry('tool-darwin-x64'), { ...common, cpu: ['x64'], os: ['darwin'] });
  assert.deepEqual(missingOptionals(lock), []);
});

test('two versions of one package both get their place', () => {
  const lock = lockWith({
    'node_modules/a': { optionalDependencies: { '@tool/linux-x64': '1.0.0' } },
    'node_modules/b': { optionalDependencies: { '@tool/linux-x64': '2.0.0' } },
  });
  completeLock(lock);
  assert.deepEqual(missingOptionals(lock), []);
  assert.equal(lock.packages['node_modules/b/node_modules/@tool/linux-x64'].version, '2.0.0');
});
