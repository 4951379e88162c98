// Jest runs the sources as CommonJS; this shows that they are good ES modules too.
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUNDLES } from './bundle.mjs';
import { Stop } from './stop.mjs';

const LINKED = 'linked, and stopped before it ran';

/**
 * Loads everything that the built entries load, without starting any of them. Each
 * entry's whole graph, in dist/ and as a bundle, is linked: every file found, every
 * imported name exported. Each app module is evaluated: decorators, cycles, metadata.
 * @param {string} root
 * @throws Stop with the loader's message
 */
export async function importEntries(root) {
  const url = (file) => JSON.stringify(pathToFileURL(join(root, file)).href);
  const built = globSync('dist/*.js', { cwd: root });
  const entries = built.flatMap((file) => [file, `${BUNDLES}/${basename(file)}`]);
  const apps = globSync('dist/apps/*.js', { cwd: root });
  if (entries.length === 0) throw new Stop('dist/ has no entry.');
  // Modules are linked first and then evaluated in the order of their imports. The
  // first one throws, so the entry after it is linked and never run.
  const stop = JSON.stringify(`data:text/javascript,throw new Error('${LINKED}')`);
  for (const entry of entries) {
    const errors = await evaluate(root, `import ${stop}; import ${url(entry)};`);
    if (!errors.includes(LINKED)) throw new Stop(`${entry} does not link:\n${errors}`);
  }
  // A module may leave timers or handles behind; what counts is that all were evaluated.
  const all = apps.map((file) => `import ${url(file)};`).join('\n');
  const errors = await evaluate(root, `${all}\nprocess.exit(0);`);
  if (errors) throw new Stop(`An app module does not load:\n${errors}`);
}

/** Evaluates a module in a fresh process; resolves with its errors, empty if there are none. */
async function evaluate(root, source) {
  const args = ['--enable-source-maps', '--input-type=module', '--eval', source];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) =>
      resolve(error ? stderr || error.message : ''),
    );
  });
}
