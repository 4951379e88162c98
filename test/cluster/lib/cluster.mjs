// A real Kubernetes on this machine: etcd, API server, controllers, scheduler, CoreDNS, and
// one node with containerd, kubelet and kube-proxy, in a network namespace of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildTools } from '../../../scripts/lib/cluster-tools.mjs';
import { ensureSystemPackages } from '../../../scripts/lib/system-packages.mjs';
import { NODE_IP, writeSettings } from './settings.mjs';
import { homePrefix, kill, leftovers, netnsOf, sweep, sweepKilledRuns } from './sweep.mjs';

export { NODE_IP } from './settings.mjs';

const ETCD = 'http://127.0.0.1:22379';
const TOOLS = ['kubernetes', 'etcd', 'coredns', 'helm'];
const PACKAGES = [
  'containerd',
  'runc',
  'containernetworking-plugins',
  'nftables',
  'iproute2',
  'openssl',
  'build-essential',
  'redis-server',
  'prometheus',
  'buildah',
  'netavark',
  'nginx',
];

export class Cluster {
  #children = new Map();
  #netns = netnsOf(process.pid);

  /** @param {(line: string) => void} say */
  constructor(say) {
    this.say = say;
  }

  /** @throws Error that says what is missing */
  async start() {
    if (process.getuid() !== 0) throw new Error('A cluster needs root.');
    ensureSystemPackages(PACKAGES);
    await sweepKilledRuns();
    this.home = mkdtempSync(homePrefix(process.pid));
    mkdirSync(join(this.home, 'log'));
    this.env = {
      ...process.env,
      PATH: `${buildTools(TOOLS, this.say).join(':')}:/usr/lib/cni:${process.env.PATH}`,
      KUBECONFIG: join(this.home, 'admin.conf'),
      HELM_CACHE_HOME: join(this.home, 'helm'),
    };
    writeSettings(this.home);
    this.#network();
    await this.#controlPlane();
    await this.#node();
  }

  #network() {
    const ip = (...args) => execFileSync('ip', args);
    ip('netns', 'add', this.#netns);
    const inside = (...args) => ip('-n', this.#netns, ...args);
    inside('link', 'set', 'lo', 'up');
    inside('link', 'add', 'node0', 'type', 'bridge');
    inside('addr', 'add', `${NODE_IP}/32`, 'dev', 'node0');
    inside('link', 'set', 'node0', 'up');
    inside('route', 'add', 'default', 'dev', 'node0');
    this.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  }

  async #controlPlane() {
    const pki = (file) => join(this.home, 'pki', file);
    const conf = (file) => join(this.home, file);
    this.background('etcd', 'etcd', [
      '--data-dir',
      join(this.home, 'etcd'),
      '--unsafe-no-fsync',
      '--listen-client-urls',
      ETCD,
      '--advertise-client-urls',
      ETCD,
      '--listen-peer-urls',
      'http://127.0.0.1:22380',
      '--initial-advertise-peer-urls',
      'http://127.0.0.1:22380',
      '--initial-cluster',
      'default=http://127.0.0.1:22380',
    ]);
    this.background('apiserver', 'kube-apiserver', [
      `--etcd-servers=${ETCD}`,
      '--bind-address=127.0.0.1',
      '--secure-port=26443',
      `--advertise-address=${NODE_IP}`,
      `--tls-cert-file=${pki('apiserver.crt')}`,
      `--tls-private-key-file=${pki('apiserver.key')}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--service-account-key-file=${pki('sa.pub')}`,
      `--service-account-signing-key-file=${pki('sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=Node,RBAC',
      `--kubelet-client-certificate=${pki('admin.crt')}`,
      `--kubelet-client-key=${pki('admin.key')}`,
      `--requestheader-client-ca-file=${pki('ca.crt')}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
      `--proxy-client-key-file=${pki('front-proxy.key')}`,
      '--enable-aggregator-routing=true',
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
    ]);
    await this.until('the API server is ready', () =>
      this.succeeds('kubectl', ['get', '--raw', '/readyz']),
    );
    this.background('controller-manager', 'kube-controller-manager', [
      `--kubeconfig=${conf('kcm.conf')}`,
      '--bind-address=127.0.0.1',
      `--service-account-private-key-file=${pki('sa.key')}`,
      `--root-ca-file=${pki('ca.crt')}`,
      `--cluster-signing-cert-file=${pki('ca.crt')}`,
      `--cluster-signing-key-file=${pki('ca.key')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      '--horizontal-pod-autoscaler-sync-period=5s',
      `--authorization-kubeconfig=${conf('kcm.conf')}`,
      `--authentication-kubeconfig=${conf('kcm.conf')}`,
    ]);
    this.background('scheduler', 'kube-scheduler', [
      `--kubeconfig=${conf('scheduler.conf')}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
      `--authorization-kubeconfig=${conf('scheduler.conf')}`,
      `--authentication-kubeconfig=${conf('scheduler.conf')}`,
    ]);
    this.background('coredns', 'coredns', ['-conf', join(this.home, 'Corefile')]);
  }

  async #node() {
    const socket = join(this.home, 'ctrd.sock');
    this.background('containerd', 'containerd', ['-c', join(this.home, 'containerd.toml')]);
    await this.until('containerd answers', () => this.succeeds('ctr', ['-a', socket, 'version']));
    this.importImage(pauseImage(this.home));
    this.background('kubelet', 'kubelet', [
      `--config=${join(this.home, 'kubelet.yaml')}`,
      `--kubeconfig=${join(this.home, 'node1.conf')}`,
      '--hostname-override=node1',
      `--node-ip=${NODE_IP}`,
      `--root-dir=${join(this.home, 'kubelet')}`,
      `--cert-dir=${join(this.home, 'certs')}`,
    ]);
    this.background('kube-proxy', 'kube-proxy', [`--config=${join(this.home, 'kube-proxy.yaml')}`]);
    await this.until('the node is ready', () => {
      const { stdout } = this.run('kubectl', ['get', 'node', 'node1', '-o', 'json'], {
        check: false,
      });
      const { status } = JSON.parse(stdout || '{}');
      return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    });
    // Next to a busy machine the pods would starve, and liveness probes would kill them.
    writeFileSync('/sys/fs/cgroup/cpu/kubepods/cpu.shares', '20480');
  }

  importImage(tar) {
    this.run('ctr', ['-a', join(this.home, 'ctrd.sock'), '-n', 'k8s.io', 'images', 'import', tar]);
  }

  /** Runs a program in the cluster's network. @throws Error with its output, unless check is false */
  run(program, args, { check = true, input, env = {} } = {}) {
    const result = spawnSync('nsenter', [`--net=/run/netns/${this.#netns}`, program, ...args], {
      env: { ...this.env, ...env },
      input,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    if (check && result.status !== 0) {
      throw new Error(
        `${program} ${args.slice(0, 3).join(' ')} failed:\n${result.stdout}${result.stderr}`,
      );
    }
    return result;
  }

  succeeds(program, args) {
    return this.run(program, args, { check: false }).status === 0;
  }

  /** A program of the test itself in the cluster's network, without waiting for it. */
  spawn(program, args, options = {}) {
    return spawn('nsenter', [`--net=/run/netns/${this.#netns}`, program, ...args], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  background(name, program, args) {
    const file = openSync(join(this.home, 'log', `${name}.log`), 'a');
    const child = spawn('nsenter', [`--net=/run/netns/${this.#netns}`, program, ...args], {
      env: this.env,
      detached: true,
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    this.#children.set(name, child);
    return child;
  }

  kubectl(...args) {
    return this.run('kubectl', args).stdout;
  }

  get(...args) {
    return JSON.parse(this.kubectl('get', ...args, '-o', 'json'));
  }

  /** The certificate of the cluster's authority, as base64. */
  authority() {
    return readFileSync(join(this.home, 'pki/ca.crt')).toString('base64');
  }

  /** @throws Error with the ends of the logs when it takes too long */
  async until(what, isSo, patienceMs = 120_000) {
    const started = performance.now();
    while (!(await isSo())) {
      if (performance.now() - started > patienceMs) {
        throw new Error(`Not so after ${patienceMs / 1000} s: ${what}\n${this.#logs()}`);
      }
      await delay(250);
    }
  }

  #logs() {
    return globSync(join(this.home, 'log/*.log'))
      .map((file) => `--- ${file}\n${readFileSync(file, 'utf8').slice(-1200)}`)
      .join('\n');
  }

  /** Leaves nothing of this cluster on the machine. */
  async stop() {
    if (!this.home) return;
    for (const name of ['kubelet', 'kube-proxy']) await this.#end(name);
    await sweep(this.home, process.pid);
  }

  async #end(name) {
    const child = this.#children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    kill(child.pid, 'SIGTERM');
    const late = setTimeout(() => kill(child.pid, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  }

  /** What of this cluster is still on the machine. */
  leftovers() {
    return this.home ? leftovers(this.home, process.pid) : {};
  }
}

/** The pause container: sleeps for ever and reaps; a static program and nothing else. */
function pauseImage(home) {
  const work = join(home, 'pause');
  mkdirSync(work);
  writeFileSync(
    join(work, 'pause.c'),
    '#include <signal.h>\n#include <stdlib.h>\n#include <sys/wait.h>\n#include <unistd.h>\n' +
      'static void end(int s) { _exit(0); }\nstatic void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }\n' +
      'int main(void) { signal(SIGTERM, end); signal(SIGINT, end); signal(SIGCHLD, reap); for (;;) pause(); }\n',
  );
  execFileSync('gcc', ['-static', '-Os', '-o', join(work, 'pause'), join(work, 'pause.c')]);
  writeFileSync(
    join(work, 'Dockerfile'),
    'FROM scratch\nCOPY pause /pause\nUSER 65532\nENTRYPOINT ["/pause"]\n',
  );
  execFileSync('buildah', ['bud', '--isolation', 'chroot', '-t', 'localhost/pause:1', work], {
    // What it says on stderr is part of the error.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tar = join(home, 'pause.tar');
  execFileSync('buildah', [
    'push',
    '--quiet',
    'localhost/pause:1',
    `docker-archive:${tar}:localhost/pause:1`,
  ]);
  return tar;
}
