import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const script = path.resolve(import.meta.dirname, '../../scripts/advisories.mjs');

/** Runs the script with an npm that answers so. */
function check(answer) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'vx11-advisories-'));
  writeFileSync(path.join(dir, 'npm'), `#!/bin/sh\ncat <<'END'\n${answer}\nEND\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` };
  const { status, stdout } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  return { status, stdout };
}

const report = (counts, vulnerabilities = {}) =>
  JSON.stringify({
    vulnerabilities,
    metadata: { vulnerabilities: { critical: 0, high: 0, moderate: 0, low: 0, ...counts } },
  });

test('nothing known is no failure', () => {
  assert.deepEqual(check(report({})), {
    status: 0,
    stdout: '0 critical, 0 high, 0 moderate, 0 low\n',
  });
});

test('one that is high is named, and fails', () => {
  const { status, stdout } = check(
    report({ high: 1 }, { thing: { severity: 'high', via: [{ title: 'Reads too far' }] } }),
  );
  assert.equal(status, 1);
  assert.match(stdout, /^high: thing: Reads too far\n0 critical, 1 high/);
});

for (const answer of ['', '{"message":"not found"}', '<html></html>']) {
  test(`an answer that is no report (${answer}) does not pass for one without findings`, () => {
    const { status, stdout } = check(answer);
    assert.equal(status, 2);
    assert.match(stdout, /^NOT CHECKED: /);
  });
}
