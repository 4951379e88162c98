import { existsSync } from 'node:fs';
import { copyFile, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { Stop } from './stop.mjs';

/** As deep as a room in dist/, so that paths from a module to the project's root stay true. */
export const BUNDLES = '.cache/run';
const INPUTS = [
  'dist/.manifest.json',
  // Changes with the client library, which the command line is made with.
  '.cache/build-client',
  'package-lock.json',
  'scripts/lib/bundle.mjs',
];
/** Loads files of its own by their path, in worker threads. */
const UNBUNDLED = /^pino(-pretty)?$/;

/**
 * Puts the entries of dist/ and all that they import into a few shared files.
 * A Nest process loads about 2,000 modules, most of them tiny; from bundles it
 * starts in less than half the time, and `npm start` starts many processes.
 * Nothing else depends on it: dist/ runs as it is.
 * @param {string} root
 * @returns {Promise<string>} what was done
 */
export async function bundleEntries(root) {
  const output = join(root, BUNDLES);
  const stampFile = join(output, '.stamp');
  const hash = createHash('sha256');
  for (const file of INPUTS) hash.update(await readFile(join(root, file)));
  const stamp = hash.digest('hex');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return 'up to date';
  const { build, stop } = await import('esbuild');
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: await Array.fromAsync(glob('dist/*.js', { cwd: root })),
    outdir: BUNDLES,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Nest tells providers, guards and exceptions apart by their classes' names too.
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'silent',
    // What the bundle has of CommonJS still asks for Node's own modules by require.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    plugins: [{ name: 'optional-packages', setup: leaveOutWhatIsMissing }],
  })
    .catch((error) => {
      throw new Stop(`The processes cannot be bundled:\n${error.message}`);
    })
    // Its service process would stay for as long as this one does, with all that it has read.
    .finally(() => void stop());
  await copyScripts(root, output);
  await writeFile(stampFile, stamp);
  return 'bundled';
}

/**
 * Nest asks for many packages only if they are there: the question is left to the start.
 * What our own code imports has to be there: an image has no node_modules to find it in.
 */
export function leaveOutWhatIsMissing(build) {
  const asked = Symbol('asked');
  build.onResolve({ filter: UNBUNDLED }, () => ({ external: true }));
  build.onResolve(
    { filter: /^[^./]/ },
    async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === asked) return undefined;
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: asked });
      const isOptional = found.errors.length > 0 && importer.includes('/node_modules/');
      return isOptional ? { external: true } : found;
    },
  );
}

/** Lua scripts are read at run time from the directory of the module that loads them. */
async function copyScripts(root, output) {
  const files = await Array.fromAsync(glob('dist/**/*.lua', { cwd: root }));
  const names = new Set();
  for (const file of files) {
    const name = basename(file);
    if (names.has(name)) {
      throw new Stop(`Two Lua scripts are named ${name}. Rename one: a bundle has one directory.`);
    }
    names.add(name);
    await copyFile(join(root, file), join(output, name));
  }
}
