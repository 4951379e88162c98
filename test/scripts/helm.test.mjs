// The short form of `npm run test:chart`: a real Helm 4 renders every example and refuses what
// the guards are for. Schemas, unit tests and generated files are left to the long form.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { someHelm } from '../../scripts/lib/prebuilt-helm.mjs';

const root = join(import.meta.dirname, '../..');
const chart = join(root, 'helm/vx11-operator');
const examples = globSync('ci/*-values.yaml', { cwd: chart });
const guards = parse(readFileSync(join(chart, 'tests/guards_test.yaml'), 'utf8'));
let program;

before(() => {
  program = someHelm(root);
});

/** Sets `a.b: 1` as `{ a: { b: 1 } }`, which helm-unittest accepts as well. */
function put(whole, values) {
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop();
    let place = whole;
    for (const name of names) place = place[name] ??= {};
    const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (isMap) put((place[last] ??= {}), value);
    else place[last] = value;
  }
  return whole;
}

function helm(args) {
  return spawnSync(program, args, { encoding: 'utf8', maxBuffer: 16 << 20 });
}

for (const file of examples) {
  test(`Helm 4 accepts ${basename(file)} and renders it`, () => {
    const values = join(chart, file);
    const lint = helm(['lint', '--strict', '--quiet', chart, '-f', values]);
    assert.equal(lint.status, 0, lint.stdout + lint.stderr);
    const { status, stdout, stderr } = helm(['template', 'vx11', chart, '-f', values]);
    assert.equal(status, 0, stderr);
    const objects = parseAllDocuments(stdout)
      .map((document) => document.toJS())
      .filter(Boolean);
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    for (const name of ['operator-backend', 'tentaculo-link', 'operator-frontend'])
      assert.ok(names.some((one) => /^(?:Deployment|Rollout) /.test(one) && one.endsWith(name)));
  });
}

test('every guard of the chart refuses the values that it is for, with its own message', () => {
  const cases = guards.tests.filter(({ asserts: [one] }) => one.failedTemplate);
  assert.ok(cases.length > 15);
  const wrong = cases.flatMap(({ it, set, asserts: [{ failedTemplate }] }) => {
    const values = Object.entries(put(put({}, guards.set), set)).flatMap(([key, value]) => [
      '--set-json',
      `${key}=${JSON.stringify(value)}`,
    ]);
    const { status, stderr } = helm(['template', 'vx11', chart, ...values]);
    const pattern = failedTemplate.errorPattern.replace('^', '');
    return status !== 0 && stderr.includes(pattern) ? [] : [`${it}: ${stderr}`];
  });
  assert.deepEqual(wrong, []);
});
