// The short form of `npm run test:chart`: a real Helm 4 renders every example and refuses what
// the guards are for, and the strict schemas of Kubernetes accept what it renders. Custom
// resources, unit tests and generated files are left to the long form.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../dist/config/config.js';
import { redisSettings } from '../../dist/redis/settings.js';
import { someHelm } from '../../scripts/lib/prebuilt-helm.mjs';
import { pythonPackages } from '../support/python-packages.ts';

const root = join(import.meta.dirname, '../..');
const chart = join(root, 'helm/vx11-operator');
const examples = globSync('ci/*-values.yaml', { cwd: chart });
const guards = parse(readFileSync(join(chart, 'tests/guards_test.yaml'), 'utf8'));
/** The oldest and the newest that the long form checks. */
const KUBERNETES = ['1.33', '1.37'];
let program;
let rendered;

before(() => {
  program = someHelm(root);
  rendered = mkdtempSync(join(tmpdir(), 'vx11-chart-'));
});

after(() => rmSync(rendered, { recursive: true, force: true }));

/**
 * Sets `a.b: 1` as `{ a: { b: 1 } }`, which helm-unittest accepts as well. Names further
 * down may have dots of their own, as labels do.
 */
function put(whole, values, split = (path) => path.split('.')) {
  for (const [path, value] of Object.entries(values)) {
    const names = split(path);
    const last = names.pop();
    let place = whole;
    for (const name of names) place = place[name] ??= {};
    const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
    if (isMap) put((place[last] ??= {}), value, (name) => [name]);
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

/** What the chart makes of some values, on top of those that every release needs. */
function objectsWith(values) {
  const file = join(rendered, 'values.yaml');
  writeFileSync(file, JSON.stringify(put(put({}, guards.set), values)));
  const { status, stdout, stderr } = helm(['template', 'vx11', chart, '-f', file]);
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter(Boolean);
}

test('a whole number of a million or more stays a whole number wherever it stands', () => {
  const million = 1_048_576;
  const env = { env: { VX11_STREAM_BUFFER_BYTES: million } };
  const objects = ['hpa', 'keda'].flatMap((kind) =>
    objectsWith({
      'secrets.revision': million,
      backend: env,
      gateway: env,
      frontend: { ...env, useNode: true },
      neighbours: env,
      'autoscaling.kind': kind,
      'autoscaling.prometheusUrl': 'http://x',
      'autoscaling.tokensPerSecondPerPod': million,
      'autoscaling.streamsPerPod': million,
      'rollouts.enabled': true,
      'rollouts.prometheusUrl': 'http://x',
      'rollouts.pauseSeconds': million,
      'rollouts.progressDeadlineSeconds': million,
      'monitoring.rules.enabled': true,
      'monitoring.thresholds': { latency: { p99Seconds: million } },
    }),
  );
  const text = JSON.stringify(objects);
  assert.equal(/.{0,60}\de\+\d.{0,20}/.exec(text)?.[0], undefined);
  const count = (part) => text.split(part).length - 1;
  assert.equal(count(`"VX11_STREAM_BUFFER_BYTES","value":"${million}"`), 12);
  assert.equal(count(`"vx11.io/secrets-revision":"${million}"`), 12);
  assert.equal(count(`"averageValue":"${million}"`), 2);
  assert.equal(count(`"threshold":"${million}"`), 2);
  assert.equal(count(`"duration":"${million}s"`), 8);
});

test('backend, gateway and neighbours may reach the peers of networkPolicy.egressTo, and no others', () => {
  const peer = { ipBlock: { cidr: '203.0.113.0/24' } };
  const reaching = (values) =>
    Object.fromEntries(
      objectsWith(values)
        .filter(
          ({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(spec).includes('203.0'),
        )
        .map(({ metadata, spec }) => [
          metadata.name,
          spec.egress.filter(({ to }) => to?.[0].ipBlock),
        ]),
    );
  assert.deepEqual(reaching({}), {});
  const names = ['operator-backend', 'tentaculo-link', 'madre', 'switch', 'hermes'];
  assert.deepEqual(
    reaching({ 'networkPolicy.egressTo': [peer] }),
    Object.fromEntries(names.map((name) => [name, [{ to: [peer] }]])),
  );
});

/** The variables about Redis as the chart sets them, each secret file with its own name in it. */
function redisEnvironment(objects) {
  const { spec } = objects.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'operator-backend',
  );
  const [{ env }] = spec.template.spec.containers;
  const about = env.filter(({ name }) => name.startsWith('VX11_REDIS'));
  return Object.fromEntries(
    about.map(({ name, value }) =>
      name.endsWith('_FILE')
        ? [name.replace('_FILE', ''), `${basename(value)}-of-the-secret`]
        : [name, value],
    ),
  );
}

for (const { what, values, kind, ports } of [
  {
    what: 'Sentinels',
    values: { sentinels: ['a:26379', '[2001:db8::1]:26380'], sentinelPassword: true },
    kind: 'sentinel',
    ports: [6379, 26379, 26380],
  },
  {
    what: 'a cluster',
    values: { cluster: ['a:7000', 'b:7000'] },
    kind: 'cluster',
    ports: [6379, 7000],
  },
]) {
  test(`the chart connects operator-backend to Redis by ${what}`, () => {
    const redis = { ...guards.set.redis, ...values, username: 'vx11', tls: true };
    const objects = objectsWith({ redis });
    const found = redisSettings(loadConfig(redisEnvironment(objects)));
    assert.equal(found.kind, kind);
    assert.deepEqual(
      found.nodes.map(({ port }) => port),
      Object.values(values)[0].map((node) => Number(node.split(':').at(-1))),
    );
    assert.equal(found.username, 'vx11');
    assert.equal(found.password, 'password-of-the-secret');
    const ownPassword = values.sentinelPassword ? 'sentinel-password-of-the-secret' : undefined;
    assert.equal(found.sentinelPassword, ownPassword);
    assert.ok(found.tls);
    const policy = objects.find(
      ({ kind: one, metadata }) => one === 'NetworkPolicy' && metadata.name === 'operator-backend',
    );
    const open = policy.spec.egress.filter(({ to }) => !to).flatMap(({ ports: some }) => some);
    assert.deepEqual(
      open.map(({ port }) => port).filter((port) => port !== 53),
      ports,
    );
  });
}

test('without Redis, an old operator-backend ends before the new one starts', () => {
  const strategyOf = (values) =>
    objectsWith(values).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'operator-backend',
    ).spec.strategy.type;
  const alone = { 'redis.existingSecret': '', 'backend.replicas': 1 };
  assert.equal(strategyOf(alone), 'Recreate');
  assert.equal(strategyOf({}), 'RollingUpdate');
});

test('a new pod has time to become available, however long it has to be ready first', () => {
  for (const { kind, metadata, spec } of objectsWith({ 'drain.preStopSeconds': 3600 })) {
    if (kind !== 'Deployment') continue;
    assert.ok(spec.progressDeadlineSeconds > spec.minReadySeconds, metadata.name);
  }
});

test('networkPolicy.ingressFrom leaves the gateway open to the smoke test of the release', () => {
  const admitted = (values) =>
    objectsWith({ 'networkPolicy.ingressFrom': [{ namespaceSelector: {} }], ...values })
      .find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'tentaculo-link')
      .spec.ingress[0].from.map(({ podSelector }) => podSelector?.matchLabels);
  const labels = (name) => ({
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': 'vx11',
  });
  assert.deepEqual(admitted({}), [undefined, labels('operator-backend')]);
  assert.deepEqual(admitted({ 'smokeTest.tokenSecret': 't' }), [
    undefined,
    labels('operator-backend'),
    labels('vx11-smoke'),
  ]);
});

test('a pod that need not sleep before it is stopped has no sleep: 0 s are refused before 1.33', () => {
  const pods = objectsWith({ 'drain.preStopSeconds': 0 }).filter(
    ({ kind }) => kind === 'Deployment',
  );
  assert.equal(pods.length, 6);
  for (const { spec } of pods) assert.equal(spec.template.spec.containers[0].lifecycle, undefined);
});

test('the notes wait for what the release has: Rollouts are no Deployments', () => {
  const notesWith = (values) => {
    const file = join(rendered, 'values.yaml');
    writeFileSync(file, JSON.stringify(put(put({}, guards.set), values)));
    return helm(['install', 'vx11', chart, '--dry-run=client', '-f', file]).stdout;
  };
  const waits = (values) => notesWith(values).match(/\b(?:deployment|rollout)\/[\w-]+/g);
  const [backend, gateway] = ['operator-backend', 'tentaculo-link'];
  const panel = 'deployment/operator-frontend';
  assert.deepEqual(waits({}), [`deployment/${backend}`, `deployment/${gateway}`, panel]);
  assert.deepEqual(waits({ 'rollouts.enabled': true, 'rollouts.prometheusUrl': 'http://x' }), [
    `rollout/${backend}`,
    `rollout/${gateway}`,
    panel,
  ]);
});

test('the strict schemas of Kubernetes accept every example, and no field that it does not know', async () => {
  const validator = join(
    await pythonPackages('kubernetes-validate==1.37.0'),
    'kubernetes-validate',
  );
  const validate = (version, files) =>
    spawnSync(validator, ['--strict', '-k', version, ...files], { encoding: 'utf8' });
  const files = examples.map((file) => {
    const target = join(rendered, basename(file));
    writeFileSync(target, helm(['template', 'vx11', chart, '-f', join(chart, file)]).stdout);
    return target;
  });
  for (const version of KUBERNETES) {
    const { status, stdout, stderr } = validate(version, files);
    assert.equal(status, 0, stdout + stderr);
    for (const file of files) {
      assert.match(stdout + stderr, new RegExp(`${basename(file)} passed .* deployment/`));
    }
  }
  const first = files.at(-1);
  const wrong = readFileSync(first, 'utf8').replace(
    /^( +)automountServiceAccountToken:/m,
    '$1automountToken: false\n$&',
  );
  writeFileSync(first, wrong);
  const { status, stdout, stderr } = validate(KUBERNETES[1], [first]);
  assert.notEqual(status, 0);
  assert.match(stdout + stderr, /automountToken/);
});
