// What the scenarios need around the chart: images, namespace, secrets, Redis, Prometheus,
// load, and the commands of Helm.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/bootstrap.mjs';
import { checkOut, firstWithChart, removeCheckOut, runOld } from '../../upgrade/old-version.mjs';
import { NODE_IP } from './cluster.mjs';

export const NAMESPACE = 'vx11';
/** Of the second release, whose pods Argo Rollouts replaces. */
export const ROLLOUTS_NAMESPACE = 'vx11-rollouts';
/** Of the release that is made by the README alone. */
export const NEWCOMER_NAMESPACE = 'newcomer';
const CHART = join(root, 'helm/vx11-operator');
const VALUES = join(root, 'test/cluster/values.yaml');
export const FAULTS = ['errors', 'latency', 'validation', 'ready', 'smoke'];

export class System {
  token = randomBytes(24).toString('base64url');
  prometheus = `http://${NODE_IP}:9090`;

  /** @param {import('./cluster.mjs').Cluster} cluster */
  constructor(cluster, namespace = NAMESPACE) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** Two good versions, and a bad one for each of the faults; they share their layers. */
  images(faults) {
    const { cluster } = this;
    const work = join(cluster.home, 'images');
    mkdirSync(work);
    const quiet = { stdio: ['ignore', 'ignore', 'pipe'] };
    const text = execFileSync(
      process.execPath,
      [join(root, 'scripts/images.mjs'), '--tag', 'v1', '--output', work],
      // What it says on stderr is part of the error.
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const buildah = (...args) => execFileSync('buildah', args, quiet);
    copyFileSync(join(root, 'test/cluster/fault.mjs'), join(work, 'fault.mjs'));
    const tags = { v2: '', ...Object.fromEntries(faults.map((fault) => [`bad-${fault}`, fault])) };
    for (const [tag, fault] of Object.entries(tags)) {
      const lines = [
        'FROM localhost/vx11-operator:v1',
        `LABEL org.opencontainers.image.version="${tag}"`,
      ];
      if (fault) {
        lines.push(
          'COPY fault.mjs /app/fault.mjs',
          `ENV VX11_FAULT=${fault} NODE_OPTIONS=--import=/app/fault.mjs`,
        );
      }
      writeFileSync(join(work, 'Dockerfile'), lines.join('\n'));
      buildah('bud', '--isolation', 'chroot', '-t', `localhost/vx11-operator:${tag}`, work);
    }
    const layout = join(work, 'oci');
    for (const tag of ['v1', ...Object.keys(tags)]) {
      buildah('push', '--quiet', '-D', `localhost/vx11-operator:${tag}`, `oci:${layout}:${tag}`);
    }
    execFileSync('tar', ['-cf', join(work, 'all.tar'), '-C', layout, '.']);
    const ctr = (...args) =>
      cluster.run('ctr', [
        '-a',
        join(cluster.home, 'ctrd.sock'),
        '-n',
        'k8s.io',
        'images',
        ...args,
      ]);
    ctr('import', '--base-name', 'localhost/vx11-operator', join(work, 'all.tar'));
    ctr('import', join(work, 'vx11-operator-panel.tar'));
    for (const tag of Object.keys(tags)) {
      ctr('tag', 'localhost/vx11-operator-panel:v1', `localhost/vx11-operator-panel:${tag}`);
    }
    return text.trim();
  }

  /** The test's images, out of buildah's store. */
  removeImages() {
    const tags = ['v1', 'v2', 'before', ...FAULTS.map((fault) => `bad-${fault}`)];
    const names = ['vx11-operator', 'vx11-operator-panel'].flatMap((name) =>
      tags.map((tag) => `localhost/${name}:${tag}`),
    );
    // Not all of them were built, and an unknown name is no fault here.
    spawnSync('buildah', ['rmi', '--force', ...names, 'localhost/pause:1']);
  }

  /** An old version's images and chart, from the history; they get the tag `before`. */
  versionBefore() {
    const { cluster } = this;
    const commit = firstWithChart();
    const old = join(cluster.home, 'old');
    this.chartBefore = join(cluster.home, 'chart-before');
    checkOut(commit, old);
    try {
      runOld(
        old,
        'scripts/images.mjs',
        '--tag',
        'before',
        '--output',
        join(cluster.home, 'before'),
      );
      cpSync(join(old, 'helm/vx11-operator'), this.chartBefore, { recursive: true });
    } finally {
      removeCheckOut(old);
    }
    for (const name of ['vx11-operator', 'vx11-operator-panel'])
      cluster.importImage(join(cluster.home, 'before', `${name}.tar`));
    return commit.slice(0, 7);
  }

  /** Redis and Prometheus run on the node, outside the cluster. */
  async surroundings() {
    const { cluster } = this;
    cluster.background('redis', 'redis-server', [
      '--bind',
      NODE_IP,
      '--port',
      '6379',
      '--protected-mode',
      'no',
      '--appendonly',
      'yes',
      '--dir',
      cluster.home,
      '--maxmemory-policy',
      'noeviction',
    ]);
    cluster.background('targets', process.execPath, [
      join(root, 'test/cluster/targets.mjs'),
      join(cluster.home, 'targets.json'),
      NAMESPACE,
      ROLLOUTS_NAMESPACE,
    ]);
    cluster.background('prometheus', 'prometheus', [
      `--config.file=${join(cluster.home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(cluster.home, 'tsdb')}`,
      `--web.listen-address=${NODE_IP}:9090`,
    ]);
    await cluster.until('Prometheus is ready', () =>
      cluster.succeeds('curl', ['-sf', `${this.prometheus}/-/ready`]),
    );
    this.room();
  }

  /** The namespace, and the secrets that the chart's README wants in it. */
  room() {
    this.cluster.run('kubectl', ['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: this.namespace,
          labels: {
            'pod-security.kubernetes.io/enforce': 'restricted',
            'pod-security.kubernetes.io/warn': 'restricted',
          },
        },
      }),
    });
    const key = () => randomBytes(32).toString('base64');
    const principals = [
      {
        id: 'cluster-test',
        tokenSha256: createHash('sha256').update(this.token).digest('hex'),
        scopes: ['events:read', 'events:publish', 'streams:admin', 'audit:read'],
      },
    ];
    this.secret('vx11-secrets', {
      'hop-keys': key(),
      'neighbour-hop-keys': key(),
      'neighbour-token': randomBytes(24).toString('base64url'),
      'token-keys': key(),
    });
    this.secret('vx11-principals', { 'principals.json': JSON.stringify(principals) });
    this.secret('vx11-redis', { url: `redis://${NODE_IP}:6379/0` });
    this.secret('vx11-smoke', { token: this.token });
  }

  secret(name, stringData) {
    this.cluster.run('kubectl', ['-n', this.namespace, 'apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }),
    });
  }

  helm(...args) {
    return this.cluster.run('helm', [...args, '-n', this.namespace]).stdout;
  }

  tryHelm(...args) {
    return this.cluster.run('helm', [...args, '-n', this.namespace], { check: false });
  }

  chart(command, tag, ...args) {
    return [command, 'vx11', CHART, '-f', VALUES, '--set', `image.tag=${tag}`, ...args];
  }

  get url() {
    const { spec } = this.cluster.get('service', 'tentaculo-link', '-n', this.namespace);
    return `http://${spec.clusterIP}`;
  }

  /** The command line in the cluster's network. */
  vx11(args, env = {}) {
    return this.cluster.spawn(process.execPath, [join(root, '.cache/run/vx11.js'), ...args], {
      env: { VX11_URL: this.url, VX11_TOKEN: this.token, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** `vx11 smoke` through the gateway, or another address. @throws with what it printed */
  async smoke(url = this.url) {
    const child = this.vx11(['smoke'], { VX11_URL: url });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`The smoke test failed at ${url}:\n${output}`);
  }

  pods(component) {
    return this.cluster.get(
      'pods',
      '-n',
      this.namespace,
      '-l',
      `app.kubernetes.io/name=${component}`,
    ).items;
  }

  /** Tags that the pods of a component run, without those that are ending. */
  versions(component) {
    const staying = this.pods(component).filter(({ metadata }) => !metadata.deletionTimestamp);
    return [...new Set(staying.map(({ spec }) => spec.containers[0].image.split(':').at(-1)))];
  }
}

/** The clients and publishers, as a process of its own. */
export class Load {
  lines = [];

  constructor(system, { clients = 300, publishers = 3, rate = 5 } = {}) {
    this.child = system.cluster.spawn(
      process.execPath,
      [
        join(root, 'test/cluster/load.mjs'),
        '--url',
        system.url,
        '--clients',
        String(clients),
        '--publishers',
        String(publishers),
        '--rate',
        String(rate),
      ],
      { env: { VX11_TOKEN: system.token }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    createInterface(this.child.stdout).on('line', (line) => this.lines.push(JSON.parse(line)));
  }

  get last() {
    return this.lines.at(-1);
  }

  /** Ends the publishers, lets the clients catch up, and resolves to the verdict. */
  async verdict() {
    this.child.kill('SIGTERM');
    await this.exited;
    const last = this.lines.find(({ verdict }) => verdict);
    if (!last) throw new Error('The load ended without a verdict.');
    return last;
  }
}
