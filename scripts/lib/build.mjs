import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { bundleEntries } from './bundle.mjs';
import { withLock } from './lock.mjs';
import { isUnwritable, Stop } from './stop.mjs';

const NO_SOURCES = new Set(['node_modules', 'dist', '.cache', 'coverage', 'test-results']);

/**
 * Builds whatever is older than its sources: src/ to dist/, then the workspaces that have
 * a `build` script, in package.json's order, each one also when an earlier one has changed,
 * then the bundles, which hold what src/ takes from the workspaces. Up to date costs one
 * reading of the sources, and needs no right to write.
 * @param {string} root
 * @param {string[]} [without] parts to leave out: src, bundles, or a workspace
 * @returns {Promise<string[]>} one line for each part: what was done and how long it took
 * @throws Stop when something has to be built and this user may not write there
 */
export async function buildAll(root, without = []) {
  const build = () => buildParts(root, without);
  try {
    return await withLock(join(root, '.cache/build.lock'), build, (owner) =>
      // Standard output is that of the command, which another program may read.
      console.error(`Waiting for process ${owner}, which is building.`),
    );
  } catch (error) {
    if (!isUnwritable(error)) throw error;
  }
  try {
    return await build();
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    throw new Stop(
      `${root} has to be built, and this user may not write there (${error.message}).\n` +
        'Run npm run build as the owner of the directory, where it can be written.',
    );
  }
}

async function buildParts(root, without) {
  if (/[#?]/.test(root)) {
    throw new Stop(
      `${root} has # or ? in its path, which the builder of the panel (Vite) reads as parts of an address.\n` +
        'Move the clone to a path without them.',
    );
  }
  const lines = [];
  const build = async (name, work) => {
    if (!without.includes(name)) lines.push(await timed(name, work));
  };
  await build('src', () => buildSource(root));
  // The panel carries the runbooks and the thresholds of the alerts.
  const carried = ['docs/operational', 'helm/vx11-operator/files'];
  const hashes = await Promise.all(carried.map((path) => hashesUnder(join(root, path))));
  let upstream = JSON.stringify(hashes);
  const { workspaces = [] } = await readJson(join(root, 'package.json'));
  for (const name of workspaces) {
    const sources = await hashesUnder(join(root, name));
    const stamp = digest([upstream, JSON.stringify(sources)]);
    if (await hasBuildScript(root, name)) {
      await build(name, () => buildWorkspace(root, name, stamp));
    }
    upstream = stamp;
  }
  await build('bundles', () => bundleEntries(root));
  return lines;
}

/**
 * Compiles src/ to dist/ with the settings of .swcrc, only what has changed, and
 * removes what no longer has a source. Files that are no TypeScript are copied.
 * @param {string} root
 * @returns {Promise<string>} what was done
 * @throws Stop with the compiler's message
 */
export async function buildSource(root) {
  const dist = join(root, 'dist');
  const manifestFile = join(dist, '.manifest.json');
  const settings = digest([
    await readFile(join(root, '.swcrc')),
    await readFile(new URL('build.mjs', import.meta.url)),
    await readFile(new URL('../../node_modules/@swc/core/package.json', import.meta.url)),
  ]);
  const last = existsSync(manifestFile)
    ? await readJson(manifestFile)
    : { settings: '', files: {} };
  const files = Object.fromEntries(
    Object.entries(await hashesUnder(join(root, 'src'))).filter(([file]) => !isTestFile(file)),
  );
  const present = new Set(existsSync(dist) ? await listFiles(dist) : []);
  const wanted = new Set(Object.keys(files).flatMap(outputsOf));
  const changed = Object.keys(files).filter(
    (file) =>
      last.settings !== settings ||
      last.files[file] !== files[file] ||
      outputsOf(file).some((output) => !present.has(output)),
  );
  const stale = [...present].filter((file) => file !== '.manifest.json' && !wanted.has(file));
  if (changed.length === 0 && stale.length === 0) return 'up to date';
  const swc = changed.length > 0 ? await import('@swc/core') : undefined;
  // Gone until all is written: a build that fails half-way is done again in full.
  await rm(manifestFile, { force: true });
  await Promise.all([
    ...stale.map((file) => rm(join(dist, file))),
    ...changed.map((file) => buildFile(root, file, swc)),
  ]);
  await mkdir(dist, { recursive: true });
  await writeFile(manifestFile, JSON.stringify({ settings, files }));
  return `${changed.length} built, ${stale.length} removed`;
}

async function buildFile(root, file, swc) {
  const source = join(root, 'src', file);
  const [target, map] = outputsOf(file).map((output) => join(root, 'dist', output));
  await mkdir(dirname(target), { recursive: true });
  if (!isTypeScript(file)) return writeFile(target, await readFile(source));
  const output = await swc
    .transformFile(source, {
      cwd: root,
      sourceFileName: relative(dirname(target), source).split(sep).join('/'),
    })
    .catch((error) => {
      throw new Stop(`src/${file} does not compile:\n${error.message}`);
    });
  // Not all files open at once either.
  writeFileSync(target, `${output.code}\n//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(map, output.map);
}

function outputsOf(file) {
  if (!isTypeScript(file)) return [file];
  const target = file.replace(/\.ts$/, '.js');
  return [target, `${target}.map`];
}

async function buildWorkspace(root, name, stamp) {
  const stampFile = join(root, '.cache', `build-${name}`);
  const done = existsSync(stampFile) && (await readFile(stampFile, 'utf8'));
  if (done === stamp && existsSync(join(root, name, 'dist'))) return 'up to date';
  await promisify(execFile)('npm', ['run', 'build'], {
    cwd: join(root, name),
    // Also when a test builds: with another value libraries include their development code.
    env: { ...process.env, NODE_ENV: 'production' },
  }).catch(({ stdout, stderr }) => {
    throw new Stop(`${stdout}${stderr}\nThe build of ${name}/ failed; its output is above.`);
  });
  await mkdir(dirname(stampFile), { recursive: true });
  await writeFile(stampFile, stamp);
  return 'built';
}

async function hasBuildScript(root, name) {
  const file = join(root, name, 'package.json');
  return existsSync(file) && (await readJson(file)).scripts?.build !== undefined;
}

/**
 * Each file under the directory (none if it is missing) with the hash of its content. One after
 * the other: all of them open at once are more than some systems allow a process (`ulimit -n`).
 */
async function hashesUnder(directory) {
  const files = existsSync(directory) ? await listFiles(directory) : [];
  return Object.fromEntries(
    files.sort().map((file) => [file, digest([readFileSync(join(directory, file))])]),
  );
}

/** The files under the directory, as relative paths with slashes. */
async function listFiles(directory, inside = '') {
  const entries = await readdir(join(directory, inside), { withFileTypes: true });
  const lists = entries.map((entry) => {
    const path = inside ? `${inside}/${entry.name}` : entry.name;
    if (!entry.isDirectory()) return [path];
    return NO_SOURCES.has(entry.name) ? [] : listFiles(directory, path);
  });
  return (await Promise.all(lists)).flat();
}

async function readJson(file) {
  return JSON.parse(await readFile(file, 'utf8'));
}

async function timed(name, work) {
  const started = performance.now();
  const done = await work();
  return `${name}: ${done} (${Math.round(performance.now() - started)} ms)`;
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

const isTestFile = (file) => file.endsWith('.spec.ts');
const isTypeScript = (file) => file.endsWith('.ts') && !file.endsWith('.d.ts');
