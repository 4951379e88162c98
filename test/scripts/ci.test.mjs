import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../scripts/lib/bootstrap.mjs';

const home = mkdtempSync(join(tmpdir(), 'vx11-ci-'));
after(() => rmSync(home, { recursive: true }));

/** Runs .ci/run with an npm that does what is said for each of its commands. */
function ci(commands) {
  const cases = Object.entries(commands).map(([args, does]) => `'${args}') ${does} ;;`);
  writeFileSync(
    join(home, 'npm'),
    `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) echo "unknown: $*"; exit 9 ;;\nesac\n`,
    { mode: 0o755 },
  );
  const { status, stdout } = spawnSync('bash', [join(root, '.ci/run')], {
    env: { ...process.env, PATH: `${home}:${process.env.PATH}` },
    encoding: 'utf8',
  });
  return { status, last: stdout.trimEnd().split('\n').at(-1) };
}

const good = {
  test: 'echo "30 passed, 0 failed"',
  'run test:chart': 'echo "20 passed, 0 failed"',
  'run test:containers': 'echo "4 passed, 0 failed"',
  'run test:cluster -- --short': 'echo "1 passed, 0 failed"',
};

test('CI adds up what each of its commands counts', () => {
  assert.deepEqual(ci(good), { status: 0, last: '55 passed, 0 failed' });
});

test('CI fails with each of them, and runs the others all the same', () => {
  for (const name of Object.keys(good)) {
    const { status, last } = ci({ ...good, [name]: 'echo "5 passed, 2 failed"; exit 1' });
    assert.equal(status, 1, name);
    assert.match(last, / passed, 2 failed$/, name);
  }
});

test('a command that ends without its count has failed', () => {
  const silent = ci({ ...good, 'run test:chart': 'echo "npm error"; exit 1' });
  assert.deepEqual(silent, { status: 1, last: '35 passed, 1 failed' });
  const zero = ci({ ...good, 'run test:chart': 'true' });
  assert.deepEqual(zero, { status: 1, last: '35 passed, 1 failed' });
  const lying = ci({ ...good, test: 'echo "30 passed, 0 failed"; exit 1' });
  assert.deepEqual(lying, { status: 1, last: '55 passed, 1 failed' });
});
