// The files of an image, in a directory: what `COPY --from=build /rootfs /` takes.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BUNDLES } from './bundle.mjs';
import { Stop } from './stop.mjs';

/** Not root, and in no distribution's list of users. */
const USER = 'vx11:x:65532:65532::/tmp:/sbin/nologin';
/** Loaded by path, not by import: the bundles leave them out. */
const UNBUNDLED = ['pino', 'pino-pretty', 'swagger-ui-dist'];

/**
 * Everything that a Node process of the product needs, and nothing else: no shell, no
 * package manager.
 * @param {string} root the project, built
 * @param {string} target an empty or absent directory
 */
export function fillNodeRoot(root, target) {
  startRoot(target);
  copyProgram(realpathSync(join(root, 'node_modules/node/bin/node')), target, '/usr/bin/node');
  const app = join(target, 'app');
  for (const file of globSync(`${BUNDLES}/*.{js,lua}`, { cwd: root })) copy(root, file, app);
  for (const name of packagesOf(root, UNBUNDLED)) {
    cpSync(join(root, name), join(app, name), { recursive: true, dereference: true });
  }
  copy(root, 'package.json', app);
  copyFileSync(join(root, 'images/health.mjs'), join(app, 'health.mjs'));
  cpSync(join(root, 'frontend/dist'), join(app, 'frontend/dist'), { recursive: true });
  mkdirSync(join(target, 'data'), { mode: 0o777 });
  chmodSync(join(target, 'data'), 0o1777);
}

/**
 * nginx and the built panel.
 * @param {string} root the project, built
 * @param {string} target an empty or absent directory
 * @param {string} version for /health
 */
export function fillPanelRoot(root, target, version) {
  const nginx = '/usr/sbin/nginx';
  if (!existsSync(nginx)) {
    throw new Stop("The panel's image needs nginx: install Debian's package nginx-light.");
  }
  startRoot(target);
  copyProgram(nginx, target, nginx);
  mkdirSync(join(target, 'etc/nginx'), { recursive: true });
  copyFileSync('/etc/nginx/mime.types', join(target, 'etc/nginx/mime.types'));
  const settings = readFileSync(join(root, 'images/nginx.conf'), 'utf8');
  writeFileSync(join(target, 'etc/nginx/nginx.conf'), settings.replace('@VERSION@', version));
  cpSync(join(root, 'frontend/dist'), join(target, 'srv/operator/ui'), { recursive: true });
  mkdirSync(join(target, 'var/log/nginx'), { recursive: true });
}

function startRoot(target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'etc'), { recursive: true });
  mkdirSync(join(target, 'tmp'));
  chmodSync(join(target, 'tmp'), 0o1777);
  writeFileSync(join(target, 'etc/passwd'), `${USER}\n`);
  writeFileSync(join(target, 'etc/group'), 'vx11:x:65532:\n');
  writeFileSync(join(target, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

function copy(root, file, target) {
  mkdirSync(dirname(join(target, file)), { recursive: true });
  copyFileSync(join(root, file), join(target, file));
}

/** A program with the shared libraries that `ldd` names, each at its own path. */
export function copyProgram(from, target, to) {
  const text = execFileSync('ldd', [from], { encoding: 'utf8' });
  const libraries = [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path);
  for (const path of libraries) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(realpathSync(path), join(target, path));
    chmodSync(join(target, path), 0o755);
  }
  // Loaded by name at run time, for DNS.
  for (const name of ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']) {
    const libc = libraries.find((path) => path.includes('/libc.so'));
    const path = libc && join(dirname(libc), name);
    if (path && existsSync(path)) copyFileSync(realpathSync(path), join(target, path));
  }
  mkdirSync(dirname(join(target, to)), { recursive: true });
  copyFileSync(from, join(target, to));
  chmodSync(join(target, to), 0o755);
}

/** Directories, relative to the project, of packages and of all that they depend on. */
function packagesOf(root, names) {
  const found = new Set();
  const visit = (name, from) => {
    const directory = packageDirectory(root, name, from);
    if (directory === undefined || found.has(directory)) return;
    found.add(directory);
    const file = join(root, directory, 'package.json');
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
    for (const next of Object.keys(dependencies)) visit(next, file);
  };
  for (const name of names) visit(name, join(root, 'package.json'));
  return [...found];
}

function packageDirectory(root, name, from) {
  const paths = createRequire(from).resolve.paths(name) ?? [];
  const place = paths.find((path) => existsSync(join(path, name, 'package.json')));
  return place && join(place, name).slice(root.length + 1);
}
