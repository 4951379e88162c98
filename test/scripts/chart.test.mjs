// What can be said about the chart without Helm; `npm run test:chart` does the rest.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { versionFaults } from '../../scripts/lib/release.mjs';
import { valuesSchema } from '../../scripts/lib/values-schema.mjs';

const root = join(import.meta.dirname, '../..');
const chart = join(root, 'helm/vx11-operator');
const read = (file) => readFileSync(join(chart, file), 'utf8');
const values = parse(read('values.yaml'));
const templates = globSync('templates/**/*.{yaml,tpl,txt}', { cwd: chart });

/** The value at a dotted path, or undefined. */
const at = (path) => path.split('.').reduce((value, name) => value?.[name], values);

test('every value that a template reads is in values.yaml', () => {
  const missing = templates.flatMap((file) =>
    [...read(file).matchAll(/\$?\.Values\.([A-Za-z0-9_.]+)/g)]
      .map(([, path]) => path.replace(/\.$/, ''))
      .filter((path) => at(path) === undefined)
      .map((path) => `${file}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

test('values.schema.json is generated from values.yaml', () => {
  const thresholds = JSON.parse(read('files/thresholds.json'));
  assert.deepEqual(JSON.parse(read('values.schema.json')), valuesSchema(values, thresholds));
});

test('every example in ci/ uses only values that exist', () => {
  const unknown = globSync('ci/*-values.yaml', { cwd: chart }).flatMap((file) =>
    Object.entries(parse(read(file)))
      .flatMap(([name, own]) =>
        typeof own === 'object' ? Object.keys(own).map((key) => `${name}.${key}`) : [name],
      )
      .filter((path) => at(path) === undefined)
      .map((path) => `${file}: ${path}`),
  );
  assert.deepEqual(unknown, []);
});

test('every guard has a failing case', () => {
  const messages = [
    ...read('templates/guards.yaml').matchAll(/fail (?:\(printf )?"([^"%]{12,})/g),
  ].map(([, text]) => text);
  const cases = read('tests/guards_test.yaml');
  const patterns = [...cases.matchAll(/errorPattern: "\^?([^"]+)"/g)].map(([, text]) => text);
  assert.ok(messages.length > 8);
  const untested = messages.filter(
    (message) => !patterns.some((pattern) => message.includes(pattern)),
  );
  assert.deepEqual(untested, []);
});

test('the rules hold no threshold that thresholds.json lacks', () => {
  const thresholds = JSON.parse(read('files/thresholds.json'));
  const holes = [...read('files/rules.yaml.tpl').matchAll(/%(\w+)\.(\w+)%/g)].filter(
    // The chart's own: the series of this release.
    ([hole, group, name]) =>
      hole !== '%release.selector%' && thresholds[group]?.[name] === undefined,
  );
  assert.deepEqual(holes, []);
});

test('chart, client and compose.yaml have the version of package.json', () => {
  assert.deepEqual(versionFaults(root), []);
});
