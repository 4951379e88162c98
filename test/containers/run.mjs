/**
 * npm run test:containers: both images and compose.yaml, run with podman.
 *
 * Builds the images twice and compares their digests; starts operator-backend read-only,
 * without capabilities and with 256 MiB; starts compose.yaml with podman-compose and runs its
 * profile `full-test` against it. Redis, Prometheus and Alertmanager run from images that are
 * made of Debian's packages, because the test uses no container registry. Needs root; installs
 * the Debian packages that it lacks. The last line is `N passed, N failed`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, refuseArguments, root } from '../../scripts/lib/bootstrap.mjs';
import { ComposeProject } from './project.mjs';

refuseArguments();
await bootstrap(import.meta.url);
const { freePorts } = await import('../support/process/ports.ts');
const { pythonTool } = await import('../../scripts/lib/python-tools.mjs');
const { copyProgram } = await import('../../scripts/lib/image-root.mjs');
const { summary } = await import('../../scripts/lib/run-steps.mjs');
const { ensureSystemPackages } = await import('../../scripts/lib/system-packages.mjs');

const PACKAGES = [
  'buildah',
  'podman',
  'netavark',
  'aardvark-dns',
  'iptables',
  'runc',
  'redis-server',
  'prometheus',
  'prometheus-alertmanager',
  'nginx',
];
const TAG = 'containers-test';
const BACKEND = `localhost/vx11-operator:${TAG}`;
const PANEL = `localhost/vx11-operator-panel:${TAG}`;
/** Images of other projects: the programs, what they read, and the user of the original image. */
const OTHERS = {
  redis: { programs: ['redis-server', 'redis-cli'], user: '999:1000' },
  prometheus: { programs: ['prometheus'], user: '65534', entry: '/usr/bin/prometheus' },
  alertmanager: {
    programs: ['prometheus-alertmanager'],
    user: '65534',
    entry: '/usr/bin/prometheus-alertmanager',
    files: '/usr/share/prometheus/alertmanager',
  },
};
/** A machine without systemd, as most CI machines are. */
const CONTAINERS_CONF = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
`;

const started = performance.now();
const work = mkdtempSync(join(tmpdir(), 'vx11-containers-'));
const env = { ...process.env, CONTAINERS_CONF: join(work, 'containers.conf') };
let passed = 0;
let failed = 0;
try {
  ensureSystemPackages(PACKAGES);
  writeFileSync(env.CONTAINERS_CONF, CONTAINERS_CONF);
  const images = await step('both images have the same digest when they are built twice', twice);
  console.log(images);
  await step('the image holds no shell and no package manager', noShell);
  await step(
    'operator-backend runs read-only, without capabilities, as 65532, in 256 MiB',
    backendAlone,
  );
  await step('compose.yaml comes up and passes its profile full-test', wholeProduct);
} catch (error) {
  giveUp(error);
} finally {
  spawnSync('podman', ['rmi', '-f', BACKEND, PANEL, ...Object.keys(OTHERS).map(standIn)], { env });
  rmSync(work, { recursive: true, force: true });
}
console.log(`${Math.round((performance.now() - started) / 1000)} s in all`);
console.log(summary([{ passed, failed }]).line);
process.exit(failed === 0 ? 0 : 1);

async function step(claim, check) {
  const from = performance.now();
  try {
    const said = await check();
    console.log(`✓ ${claim} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
    passed += 1;
    return said;
  } catch (error) {
    failed += 1;
    console.log(`✗ ${claim}\n${error.message}`);
    return undefined;
  }
}

function podman(...args) {
  const { status, stdout, stderr } = spawnSync('podman', args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`podman ${args[0]}: ${stderr}${stdout}`);
  return stdout.trim();
}

function twice() {
  const build = () =>
    execFileSync(process.execPath, [join(root, 'scripts/images.mjs'), '--tag', TAG], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const digests = (text) => text.match(/sha256:[0-9a-f]{64}/g);
  const [first, second] = [build(), build()];
  if (digests(first).join() !== digests(second).join()) throw new Error(`${first}\n${second}`);
  return second.trim();
}

function noShell() {
  for (const image of [BACKEND, PANEL]) {
    for (const program of ['/bin/sh', '/bin/bash', '/usr/bin/apt-get', '/usr/bin/npm']) {
      const args = ['run', '--rm', '--entrypoint', program, image];
      const { status, stderr } = spawnSync('podman', args, { env, encoding: 'utf8' });
      if (status === 0 || !/no such file/i.test(stderr)) {
        throw new Error(`${image}, ${program}: ${status} ${stderr}`);
      }
    }
  }
}

async function backendAlone() {
  const token = randomBytes(24).toString('base64url');
  const key = () => randomBytes(32).toString('base64');
  const principal = {
    id: 'operator',
    tokenSha256: createHash('sha256').update(token).digest('hex'),
    scopes: ['events:read', 'events:publish'],
  };
  const files = { 'principals.json': JSON.stringify([principal]), 'hop-keys': key() };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
  chmodSync(work, 0o755);
  const [port] = await freePorts(1);
  const id = podman(
    'run',
    '--detach',
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    '--memory=256m',
    '--tmpfs=/tmp:mode=1777',
    '--tmpfs=/data:mode=1777',
    '--network=host',
    `--volume=${work}:/etc/vx11:ro`,
    '--env=VX11_PRINCIPALS_FILE=/etc/vx11/principals.json',
    '--env=VX11_HOP_KEYS_FILE=/etc/vx11/hop-keys',
    '--env=VX11_HOST=127.0.0.1',
    `--env=VX11_BACKEND_PORT=${port}`,
    BACKEND,
  );
  try {
    const url = `http://127.0.0.1:${port}`;
    await until('operator-backend is ready', async () => (await fetch(`${url}/readyz`)).ok);
    const issued = await fetch(`${url}/operator/api/events/sse-token`, {
      method: 'POST',
      headers: { 'X-VX11-Token': token },
    });
    if (issued.status !== 200) throw new Error(`issuing: ${issued.status}`);
    podman('exec', id, '/usr/bin/node', '/app/health.mjs');
    const [user] = podman('inspect', '--format', '{{.Config.User}}', id).split('\n');
    if (user !== '65532:65532') throw new Error(`runs as ${user}`);
  } finally {
    // It drains first.
    podman('rm', '--force', '--time=30', id);
  }
}

function standIn(name) {
  return `localhost/vx11-test-${name}:${TAG}`;
}

/** An image of a Debian program, in place of the one that compose.yaml names. */
function buildOther([name, { programs, user, entry, files }]) {
  const rootfs = join(work, name, 'rootfs');
  for (const directory of ['data', 'prometheus', 'tmp']) {
    mkdirSync(join(rootfs, directory), { recursive: true });
    chmodSync(join(rootfs, directory), 0o1777);
  }
  for (const program of programs) copyProgram(`/usr/bin/${program}`, rootfs, `/usr/bin/${program}`);
  if (files) cpSync(files, join(rootfs, files), { recursive: true, dereference: true });
  const lines = ['FROM scratch', 'COPY rootfs /', 'ENV PATH=/usr/bin', `USER ${user}`];
  if (entry) lines.push(`ENTRYPOINT ["${entry}"]`);
  writeFileSync(join(work, name, 'Dockerfile'), lines.join('\n'));
  const args = ['bud', '--isolation', 'chroot', '-t', standIn(name), join(work, name)];
  execFileSync('buildah', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function wholeProduct() {
  Object.entries(OTHERS).forEach(buildOther);
  execFileSync(process.execPath, [join(root, 'scripts/compose-secrets.mjs')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const program = join(
    pythonTool('podman-compose', (line) => console.log(line)),
    'podman-compose',
  );
  const [gateway] = await freePorts(1);
  const settings = {
    VX11_IMAGE: 'localhost/vx11-operator',
    VX11_PANEL_IMAGE: 'localhost/vx11-operator-panel',
    VX11_VERSION: TAG,
    VX11_REDIS_IMAGE: standIn('redis'),
    VX11_PROMETHEUS_IMAGE: standIn('prometheus'),
    VX11_ALERTMANAGER_IMAGE: standIn('alertmanager'),
    VX11_GATEWAY_PORT: String(gateway),
  };
  const project = new ComposeProject(program, root, { ...env, ...settings });
  // What a run left that was killed would be started again, with the secrets of then.
  project.down();
  try {
    project.run('up', '--detach');
    const url = `http://127.0.0.1:${gateway}`;
    await until('every service is up', async () => {
      const { services } = await json(`${url}/health`);
      return services.up === services.total;
    });
    console.log(project.run('--profile', 'full-test', 'run', '--rm', 'smoke').trim());
    await alertArrives(project, url);
    project.mustHaveStayedUp();
  } catch (error) {
    throw new Error(`${error.message}\n${project.logs()}`, { cause: error });
  } finally {
    project.down();
  }
}

/** Prometheus scrapes and knows Alertmanager, and an alert of that one is an event. */
async function alertArrives(project, url) {
  const prometheus = `http://${project.addressOf('prometheus')}:9090/api/v1`;
  await until('Prometheus scrapes operator-backend and the gateway', async () => {
    const { activeTargets } = (await json(`${prometheus}/targets`)).data;
    return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up');
  });
  const { activeAlertmanagers } = (await json(`${prometheus}/alertmanagers`)).data;
  if (activeAlertmanagers.length !== 1) throw new Error('Prometheus knows no Alertmanager.');
  const alert = `Containers${randomBytes(6).toString('hex')}`;
  const alertmanager = `http://${project.addressOf('alertmanager')}:9093/api/v2/alerts`;
  await json(alertmanager, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname: alert, severity: 'warning' } }]),
  });
  const token = readFileSync(join(root, '.data/compose/operator-token'), 'utf8').trim();
  await until('the alert is an event', async () => {
    const headers = { 'X-VX11-Token': token };
    const events = await json(`${url}/operator/api/events?q=${alert}`, { headers });
    return JSON.stringify(events).includes(alert);
  });
  console.log('✓ Prometheus scrapes, and an alert of Alertmanager is an event');
}

/** @throws Error with what was answered, unless it is a success */
async function json(url, options = {}) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** What throws is not so yet. */
async function until(what, isSo) {
  let fault = '';
  for (let round = 0; round < 240; round += 1) {
    try {
      if (await isSo()) return;
      fault = '';
    } catch (error) {
      fault = error.cause ?? error;
    }
    await delay(500);
  }
  throw new Error(`Not so after two minutes: ${what} ${fault}`);
}
