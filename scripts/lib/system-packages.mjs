// Debian packages that some commands need. As a command:
//   node scripts/lib/system-packages.mjs redis-server chromium
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { giveUp, Stop } from './stop.mjs';

/** Package → the executable, or the file, that shows it is there, and what wants it. */
export const systemPackages = {
  'redis-server': {
    executable: 'redis-server',
    for: 'tests against a real Redis, and npm run start:cluster',
  },
  sqlite3: { executable: 'sqlite3', for: 'backups of an instance without Redis' },
  curl: { executable: 'curl', for: 'the commands of the documentation' },
  openssl: { executable: 'openssl', for: 'tests of a Redis behind TLS' },
  chromium: { executable: 'chromium', for: 'browser tests' },
  prometheus: { executable: 'promtool', for: 'the alerting rules and dashboards' },
  'prometheus-alertmanager': {
    executable: 'prometheus-alertmanager',
    for: 'pages, chat messages and events made of alerts',
  },
  'util-linux': { executable: 'unshare', for: "a full disk of the test's own" },
  nginx: { executable: 'nginx', for: 'a real proxy in front of the gateway' },
  haproxy: { executable: 'haproxy', for: 'another real proxy in front of the gateway' },
  python3: { executable: 'python3', for: 'the smoke tests in Python' },
  'firefox-esr': { executable: 'firefox-esr', for: 'the stream in another browser' },
  buildah: { executable: 'buildah', for: 'images' },
  podman: { executable: 'podman', for: 'containers' },
  netavark: { executable: '/usr/lib/podman/netavark', for: 'the networks of buildah and podman' },
  iptables: { executable: 'iptables', for: "netavark's rules" },
  'aardvark-dns': { executable: '/usr/lib/podman/aardvark-dns', for: "podman's names" },
  runc: { executable: 'runc', for: 'containers' },
  containerd: { executable: 'containerd', for: 'the containers of Kubernetes' },
  'containernetworking-plugins': {
    executable: '/usr/lib/cni/bridge',
    for: 'the network of Kubernetes',
  },
  nftables: { executable: 'nft', for: 'the services of Kubernetes' },
  iproute2: { executable: 'ip', for: 'a network of its own' },
  'build-essential': { executable: 'gcc', for: 'the pause container' },
};

/**
 * Installs the named packages that are missing.
 * @param {string[]} names keys of `systemPackages`
 * @throws Stop naming what is missing, where it cannot be installed from here
 */
export function ensureSystemPackages(names) {
  const missing = missingOf(names);
  if (missing.length === 0) return;
  const prefix = privilege();
  if (!isDebianLike() || !prefix) throw howToInstall(missing);
  console.log(`Installing from Debian: ${wanted(missing)} …`);
  runApt([...prefix, 'apt-get', 'update']);
  runApt([...prefix, ...installing(missing)]);
}

/**
 * @param {string[]} names keys of `systemPackages`
 * @throws Stop naming what is missing, and how to install it
 */
export function requireSystemPackages(names) {
  const missing = missingOf(names);
  if (missing.length > 0) throw howToInstall(missing);
}

function missingOf(names) {
  const unknown = names.filter((name) => !systemPackages[name]);
  if (unknown.length > 0) {
    throw new Stop(
      `Unknown system package: ${unknown.join(', ')}. Known: ${Object.keys(systemPackages).join(', ')}.`,
    );
  }
  return names.filter((name) => !isOnPath(systemPackages[name].executable));
}

function howToInstall(missing) {
  const executables = missing.map((name) => systemPackages[name].executable).join(' and ');
  return new Stop(
    `Missing on this system: ${wanted(missing)}.\n` +
      (isDebianLike()
        ? `Install with: sudo ${installing(missing).join(' ')}`
        : `Install them with this system's package manager, so that ${executables} can be found on PATH.`),
  );
}

function wanted(missing) {
  return missing.map((name) => `${name} (${systemPackages[name].for})`).join(', ');
}

function installing(missing) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
}

/**
 * The packages that test files ask for by a line `@needs <package> …` in a comment.
 * @param {string[]} texts
 */
export function packagesAskedFor(texts) {
  const found = texts.flatMap((text) =>
    [...text.matchAll(/^\s*(?:\/\/|\/?\*+)\s*@needs\s+([a-z0-9 -]+)/gm)].flatMap((match) =>
      match[1].trim().split(/\s+/),
    ),
  );
  return [...new Set(found)].sort();
}

function isOnPath(executable) {
  if (isAbsolute(executable)) return existsSync(executable);
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((dir) => dir && existsSync(join(dir, executable)));
}

function isDebianLike() {
  return (
    existsSync('/etc/os-release') &&
    /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

/** What to put before apt-get; undefined where only a password would allow it. */
function privilege() {
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  if (process.getuid?.() === 0) return env;
  const withoutPassword = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return withoutPassword ? ['sudo', '-n', ...env] : undefined;
}

function runApt([file, ...args]) {
  const settings = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
  try {
    execFileSync(file, [...args, ...settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new Stop(`${error.stderr}\n${[file, ...args].join(' ')} failed; its errors are above.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    ensureSystemPackages(process.argv.slice(2));
  } catch (error) {
    giveUp(error);
  }
}
