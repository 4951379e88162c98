import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseUrlOf, checkPorts } from '../../scripts/lib/addresses.mjs';
import { banner } from '../../scripts/lib/banner.mjs';
import { Lines } from '../../scripts/lib/output.mjs';
import { summary } from '../../scripts/lib/run-steps.mjs';
import { pickSteps } from '../../scripts/lib/steps.mjs';
import { ensureSystemPackages, packagesAskedFor } from '../../scripts/lib/system-packages.mjs';

const row = {
  name: 'operator-backend',
  portVariable: 'VX11_BACKEND_PORT',
  port: 8011,
  links: [['API reference', '/docs']],
};

test('an address to listen on becomes one to open', () => {
  assert.equal(baseUrlOf(row, {}), 'http://127.0.0.1:8011');
  assert.equal(baseUrlOf(row, { VX11_HOST: '0.0.0.0' }), 'http://127.0.0.1:8011');
  assert.equal(baseUrlOf(row, { VX11_HOST: '::' }), 'http://[::1]:8011');
  assert.equal(baseUrlOf(row, { VX11_BACKEND_PORT: '9000' }), 'http://127.0.0.1:9000');
});

test('an invalid port and a port that is used twice are reported with their variables', async () => {
  const other = { ...row, name: 'madre', portVariable: 'VX11_MADRE_PORT', port: 8001 };
  await assert.rejects(checkPorts([row], { VX11_BACKEND_PORT: 'x' }), /VX11_BACKEND_PORT.*"x"/);
  await assert.rejects(
    checkPorts([row, other], { VX11_MADRE_PORT: '8011' }),
    /madre and operator-backend both have port 8011.*VX11_MADRE_PORT or VX11_BACKEND_PORT/,
  );
});

test('the command for another link asks the gateway of this start', () => {
  const front = { ...row, name: 'tentaculo-link', portVariable: 'VX11_GATEWAY_PORT', port: 8000 };
  const signIn = { kind: 'kept', file: '.data/dev-token', link: 'http://x' };
  assert.match(banner([front], {}, signIn), /; npm run -s vx11 -- link prints/);
  assert.match(
    banner([front], { VX11_GATEWAY_PORT: '9000', VX11_DATA_DIR: '/a b' }, signIn),
    /; VX11_DATA_DIR='\/a b' npm run -s vx11 -- --url http:\/\/127\.0\.0\.1:9000 link prints/,
  );
});

test('the banner shows a token only when it is new', () => {
  const file = '.data/dev-token';
  const fresh = banner([row], {}, { kind: 'new', file, token: 'S3CRET' });
  assert.match(fresh, /T=S3CRET/);
  assert.match(fresh, /shown only this once/);
  assert.match(banner([row], {}, { kind: 'kept', file }), /T=\$\(cat \.data\/dev-token\)/);
  const configured = banner([row], {}, { kind: 'configured', by: 'VX11_OPERATOR_TOKEN' });
  assert.match(configured, /principal token of VX11_OPERATOR_TOKEN/);
});

test('the banner gives the command for a new token when the development token is revoked', () => {
  const revoked = { kind: 'revoked', file: 'here/dev-token' };
  const text = banner([row], {}, revoked);
  assert.match(text, /development token in here\/dev-token is revoked/);
  assert.match(text, /^ {2}rm here\/dev-token && npm start$/m);
  assert.doesNotMatch(text, /\$\(cat/);
  const cluster = banner([row], { npm_lifecycle_event: 'start:cluster' }, revoked);
  assert.match(cluster, /rm here\/dev-token && npm run start:cluster$/m);
});

test('the banner says what is embedded, and where everything is', () => {
  const kept = { kind: 'kept', file: 'x' };
  assert.match(banner([row], {}, kept), /Embedded, no Redis/);
  assert.match(banner([row], { VX11_DATA_DIR: 'here' }, kept), /durable in here\//);
  assert.match(banner([row], {}, kept), /http:\/\/127\.0\.0\.1:8011\/docs/);
});

test('output is cut into whole lines, wherever the chunks end', () => {
  const seen = [];
  const lines = new Lines((line) => seen.push(line));
  const bytes = new TextEncoder().encode('één\ntwee\nrest');
  for (const byte of bytes) lines.push(Uint8Array.of(byte));
  assert.deepEqual(seen, ['één', 'twee']);
  lines.end();
  lines.end();
  assert.deepEqual(seen, ['één', 'twee', 'rest']);
});

test('the last line sums up checks and tests', () => {
  const results = [
    { passed: 1, failed: 0 },
    { passed: 40, failed: 2 },
  ];
  assert.deepEqual(summary(results), { line: '41 passed, 2 failed', failed: 2 });
});

test('steps are picked by name, and an unknown name is refused', () => {
  const step = (name) => ({ name });
  const all = [[step('lint'), step('types')], [step('jest')]];
  assert.equal(pickSteps(all, []), all);
  assert.deepEqual(pickSteps(all, ['types']), [[step('types')], []]);
  assert.throws(() => pickSteps(all, ['tpyes']), /No step "tpyes"\. There are: lint, types, jest/);
});

test('a suite asks for system packages by a comment', () => {
  const texts = [
    '/**\n * @needs redis-server chromium\n */\ndescribe()',
    '// @needs redis-server\n',
    "const text = '@needs firefox-esr';\n",
  ];
  assert.deepEqual(packagesAskedFor(texts), ['chromium', 'redis-server']);
  assert.throws(() => ensureSystemPackages(['apache']), /Unknown system package: apache/);
});
