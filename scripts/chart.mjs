// npm run chart:generate: writes what is generated of the chart: values.schema.json.
// With --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, root } from './lib/bootstrap.mjs';
import { readOptions } from './lib/options.mjs';

const { check } = readOptions({ options: { check: { type: 'boolean' } } }).values;
await bootstrap(import.meta.url);
const { parse } = await import('yaml');
const { valuesSchema } = await import('./lib/values-schema.mjs');

const chart = join(root, 'helm/vx11-operator');
const file = join(chart, 'values.schema.json');
const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
const thresholds = JSON.parse(readFileSync(join(chart, 'files/thresholds.json'), 'utf8'));
const text = `${JSON.stringify(valuesSchema(values, thresholds), null, 2)}\n`;
const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
if (before === text) process.exit(0);
if (check) {
  console.error('values.schema.json is not what values.yaml says: npm run chart:generate');
  process.exit(1);
}
writeFileSync(file, text);
console.log('wrote helm/vx11-operator/values.schema.json');
