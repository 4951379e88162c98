import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { isUnwritable, Stop } from './stop.mjs';
import { withLock } from './lock.mjs';
import { verifyNode } from './verify-node.mjs';

const STAMP = 'node_modules/.vx11-stamp';
const NODE = 'node_modules/node/bin/node';

/**
 * Installs the locked packages when they are missing or not the ones that
 * package-lock.json asks for. Safe to call from several processes at once.
 * @param {string} root
 * @throws Stop when npm fails, with npm's output and what to do
 */
export async function ensureInstalled(root) {
  await installWhenNeeded(root);
  verifyNode(root, readJson(join(root, 'package.json')).dependencies.node);
}

async function installWhenNeeded(root) {
  if (isInstalled(root)) return;
  try {
    await withLock(
      join(root, '.cache/install.lock'),
      async () => {
        if (isInstalled(root)) return;
        if (matchesLock(root)) return writeStamp(root);
        await install(root);
      },
      (owner) => say(`Waiting for process ${owner}, which is installing the packages.`),
    );
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    throw new Stop(
      `The packages have to be installed, and this user may not write to ${root} (${error.message}).\n` +
        'Run npm run build as the owner of the directory, where it can be written.',
    );
  }
}

/** The stamp names everything that decides what an installation contains. */
export function stampOf(root) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const file of [
    'package-lock.json',
    ...workspaces(root).map((dir) => `${dir}/package.json`),
  ]) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function isInstalled(root) {
  const stamp = join(root, STAMP);
  return (
    existsSync(join(root, NODE)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === stampOf(root)
  );
}

function writeStamp(root) {
  writeFileSync(join(root, STAMP), stampOf(root));
}

/**
 * Whether node_modules, by npm's own record of it, already is what the lockfile
 * asks for: after a plain `npm install` no second installation is needed.
 */
export function matchesLock(root) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record) || !existsSync(join(root, NODE))) return false;
  const installed = readJson(record).packages;
  return Object.entries(readJson(join(root, 'package-lock.json')).packages)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, wanted]) => {
      const found = installed[path];
      if (!found) return Boolean(wanted.optional) && !isForThisHost(wanted);
      return found.version === wanted.version && found.integrity === wanted.integrity;
    });
}

/** npm leaves out optional packages of other systems; those with a `libc` come in twos. */
function isForThisHost({ os, cpu, libc }) {
  if (libc || !(os || cpu)) return false;
  const fits = (list, value) => !list || list.includes(value);
  return fits(os, process.platform) && fits(cpu, process.arch);
}

async function install(root) {
  const version = readJson(join(root, 'package.json')).dependencies.node;
  const why = existsSync(join(root, 'node_modules'))
    ? 'node_modules is not what the lockfile asks for'
    : 'node_modules is missing';
  const npm = npmCli();
  const node = canInstall(root, version) ? process.execPath : await toolchain(root, version, npm);
  say(`Installing the packages with npm under Node ${version}, because ${why} …`);
  const seconds = await runNpm(node, npm, ['ci'], root);
  if (!existsSync(join(root, NODE))) {
    throw new Stop(
      `npm ran, but ${NODE} is missing: its install script did not run.\n` +
        'If npm is set to ignore-scripts, allow them here: npm_config_ignore_scripts=false npm start',
    );
  }
  writeStamp(root);
  say(`Installed in ${seconds} s.`);
}

/**
 * npm resolves and builds differently under another major version of Node; and a
 * Node inside node_modules would saw off the branch it sits on.
 */
function canInstall(root, version) {
  const major = (text) => text.split('.')[0];
  return (
    major(process.versions.node) === major(version) &&
    !process.execPath.startsWith(join(root, 'node_modules'))
  );
}

/** A Node of the wanted version in .cache/toolchain; returns its executable. */
async function toolchain(root, version, npm) {
  const home = join(root, '.cache/toolchain');
  const node = join(home, NODE);
  const manifest = join(home, 'node_modules/node/package.json');
  if (existsSync(node) && existsSync(manifest) && readJson(manifest).version === version) {
    return node;
  }
  const host = process.versions.node;
  const why =
    host === version ? 'the one in node_modules will be replaced' : `this host has ${host}`;
  say(`Fetching Node ${version} from npm to install with, because ${why} …`);
  mkdirSync(home, { recursive: true });
  const { allowScripts } = readJson(join(root, 'package.json'));
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ private: true, dependencies: { node: version }, allowScripts }),
  );
  await runNpm(process.execPath, npm, ['install', '--no-package-lock'], home);
  verifyNode(home, version);
  return node;
}

/** npm's own script: the npm that runs this command, else the one on PATH or next to Node. */
function npmCli() {
  const given = process.env.npm_execpath;
  if (given && basename(given) === 'npm-cli.js' && existsSync(given)) return given;
  const nodeDirectory = join(dirname(realpathSync(process.execPath)), '..');
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'npm')),
    join(nodeDirectory, 'lib/node_modules/npm/bin/npm-cli.js'),
    join(nodeDirectory, 'node_modules/npm/bin/npm-cli.js'),
  ];
  for (const candidate of candidates.filter((path) => existsSync(path))) {
    const real = realpathSync(candidate);
    if (basename(real) === 'npm-cli.js') return real;
    // Some packagers put a wrapper on PATH and the package itself elsewhere.
    try {
      return createRequire(real).resolve('npm/bin/npm-cli.js');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Stop('npm was not found. Install it next to Node and start with: npm start');
}

/** Runs npm with its output held back, and resolves with the seconds it took. */
function runNpm(node, npm, args, cwd) {
  const started = Date.now();
  const child = spawn(node, [npm, ...args, '--no-audit', '--no-fund', '--loglevel=warn'], {
    cwd,
    // npm's install scripts call `node` by name: they must find the same one.
    env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Stop(`${node} does not start: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) return resolve(((Date.now() - started) / 1000).toFixed(1));
      // The cause stands at the top; npm's own help, which may follow, is no help here.
      const text = Buffer.concat(output).toString().split('\n').slice(0, 30).join('\n').trimEnd();
      reject(
        new Stop(
          `${text}\n\nnpm ${args[0]} failed with code ${code}; the beginning of its output is above.\n` +
            "Check the network and npm's registry settings (npm ping), and the free disk space " +
            '(the packages and what npm keeps of them need about 1 GB). Then run the command again.',
        ),
      );
    });
  });
}

function workspaces(root) {
  return (readJson(join(root, 'package.json')).workspaces ?? []).filter((dir) =>
    existsSync(join(root, dir, 'package.json')),
  );
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** On stderr: standard output is that of the command, which another program may read. */
function say(line) {
  console.error(line);
}
