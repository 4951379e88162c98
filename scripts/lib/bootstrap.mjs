// Plain JavaScript for any host Node: the first file of every command. It may
// import Node's own modules only, and nothing newer than Node 14 at load time,
// so that an old host gets a message and no syntax error.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import nodeModule from 'node:module';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { giveUp, Stop } from './stop.mjs';

export { giveUp, Stop };

/** The oldest host Node that can run the set-up; package.json's `engines` says the same. */
export const OLDEST_HOST = [20, 19];

const ORPHAN_CHECK_MS = 250;

/** The project's directory, without a trailing separator. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** @param {string} version such as `20.19.4` */
export function isHostNodeSupported(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST_HOST[0] || (major === OLDEST_HOST[0] && minor >= OLDEST_HOST[1]);
}

/**
 * Makes sure that the calling script runs on the project's own Node with the
 * locked packages installed. Returns at once when it does; otherwise installs
 * what is missing, runs the script there, and ends with its exit code.
 * @param {string} script the caller's `import.meta.url`
 * @param {{ build?: boolean }} [wants] build: the product is built too, as for every
 *   command that starts it or loads a part of it
 */
export async function bootstrap(script, { build = false } = {}) {
  if (!isHostNodeSupported(process.versions.node)) {
    giveUp(
      new Stop(
        `This is Node ${process.versions.node}; the set-up needs Node ${OLDEST_HOST.join('.')} or newer.\n` +
          'Install one from https://nodejs.org and run the command again. ' +
          'Any newer version will do: the project brings the Node it runs on.',
      ),
    );
  }
  process.chdir(root);
  endWithNpm();
  try {
    const { ensureInstalled } = await import('./install.mjs');
    await ensureInstalled(root);
  } catch (error) {
    giveUp(error);
  }
  const node = join(root, 'node_modules/node/bin/node');
  const bins = join(root, 'node_modules/.bin');
  const path = (process.env.PATH ?? '').split(delimiter);
  if (path[0] !== bins) process.env.PATH = [bins, ...path].join(delimiter);
  if (!existsSync(node)) giveUp(new Stop(`${node} is missing. Delete node_modules and try again.`));
  // Keeps compiled code on disk, here and in every child: each start is quicker.
  process.env.NODE_COMPILE_CACHE ??= join(root, '.cache/compile');
  if (realpathSync(process.execPath) === realpathSync(node)) {
    nodeModule.enableCompileCache();
    if (build) await buildProduct();
    return;
  }
  process.exit(await continueOn(node, fileURLToPath(script)));
}

/** For a command without arguments. Ignored, a misspelt one would do something else than was meant. */
export function refuseArguments() {
  const given = process.argv.slice(2);
  if (given.length === 0) return;
  giveUp(
    new Stop(
      `This command takes no arguments, and was given ${given.join(' ')}.\n` +
        'What can be set are variables of the environment; .env.example has them all.',
    ),
  );
}

async function buildProduct() {
  try {
    const { buildAll } = await import('./build.mjs');
    await buildAll(root);
  } catch (error) {
    giveUp(error);
  }
}

/**
 * Ends with what has started this process. What runs until it is ended takes the place of
 * the shell that npm starts (`exec` in package.json), so signals to npm come here, and npm's
 * own death makes an orphan of this process. Elsewhere the shell stays between the two: it
 * dies of a SIGTERM to npm and tells nobody.
 */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, ORPHAN_CHECK_MS);
  watch.unref();
}

/** Runs the script on the project's Node and resolves with the exit code to take over. */
function continueOn(node, script) {
  const follow = new URL('follow-parent.mjs', import.meta.url).href;
  const child = spawn(node, ['--import', follow, script, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.once('error', (error) =>
      giveUp(new Stop(`The project's Node (${node}) does not start: ${error.message}`)),
    );
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
