// compose.yaml against what the product has: settings, secrets, images, limits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const compose = parse(read('compose.yaml'), { merge: true });
const services = Object.entries(compose.services);
const OURS = [
  'tentaculo-link',
  'operator-backend',
  'operator-frontend',
  'madre',
  'switch',
  'hermes',
];

test('has the seven of the contract, Prometheus and Alertmanager without any profile', () => {
  const always = services.filter(([, { profiles }]) => !profiles).map(([name]) => name);
  assert.deepEqual(always.toSorted(), [...OURS, 'redis', 'prometheus', 'alertmanager'].toSorted());
});

test('every variable is a setting of the product, or names a file with one', () => {
  const known = new Set(
    [...read('.env.example').matchAll(/^#([A-Z0-9_]+)=/gm)].map(([, name]) => name),
  );
  for (const name of ['VX11_URL', 'VX11_TOKEN_FILE']) known.add(name);
  const unknown = services
    .filter(([name]) => [...OURS, 'smoke'].includes(name))
    .flatMap(([, { environment = {} }]) => Object.keys(environment))
    .filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')));
  assert.deepEqual(unknown, []);
});

test('no secret stands in the file; each comes from a file that compose:secrets makes', () => {
  const made = [...read('scripts/compose-secrets.mjs').matchAll(/make\('([^']+)'/g)].map(
    ([, name]) => name,
  );
  for (const { file } of Object.values(compose.secrets)) {
    assert.ok(made.includes(file.replace('.data/compose/', '')), file);
  }
  for (const [name, { secrets = [] }] of services) {
    for (const secret of secrets) assert.ok(compose.secrets[secret], `${name}: ${secret}`);
  }
});

test('every service has a memory limit, no capabilities, and a read-only root where it is ours', () => {
  for (const [name, service] of services) {
    assert.ok(service.mem_limit, `${name} has no memory limit`);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    if (OURS.includes(name)) assert.equal(service.read_only, true, name);
  }
});

test('only the gateway, Prometheus and Grafana have ports, and only on loopback', () => {
  const open = services.filter(([, { ports }]) => ports);
  assert.deepEqual(
    open.map(([name]) => name),
    ['tentaculo-link', 'prometheus', 'grafana'],
  );
  for (const [, { ports }] of open) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
});

test('the images have the version of package.json', () => {
  const { version } = JSON.parse(read('package.json'));
  for (const name of OURS) assert.ok(compose.services[name].image.includes(`:-${version}}`), name);
});
