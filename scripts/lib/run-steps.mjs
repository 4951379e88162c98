import { execFile } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root } from './bootstrap.mjs';

/**
 * The outcome of a step: a check counts as one, a suite brings its own numbers.
 * @typedef {{ passed: number, failed: number, output?: string }} Outcome
 * @typedef {{ name: string, run: () => Promise<Outcome> }} Step
 */

/**
 * Runs the stages one after the other and the steps of a stage side by side.
 * A failed step does not keep later ones from running: one run shows all faults.
 * @param {Step[][]} stages
 * @returns {Promise<Outcome[]>}
 */
export async function runSteps(stages) {
  const results = [];
  for (const stage of stages) {
    results.push(...(await Promise.all(stage.map((step) => runStep(step)))));
  }
  return results;
}

async function runStep({ name, run }) {
  const started = performance.now();
  const outcome = await run().catch((error) => ({
    passed: 0,
    failed: 1,
    output: error.message,
  }));
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(6);
  const { passed, failed, output } = outcome;
  const count = passed + failed > 1 ? `  ${passed} passed, ${failed} failed` : '';
  console.log(`${failed > 0 ? '✗' : '✓'} ${name.padEnd(18)}${seconds} s${count}`);
  if (failed > 0 && output) console.log(indent(output));
  return outcome;
}

/** The last line of a run, and what decides its exit code. */
export function summary(results) {
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  return { line: `${passed} passed, ${failed} failed`, failed };
}

/**
 * A check: passes when the command ends with code 0.
 * @param {string} command found on PATH, where node_modules/.bin comes first
 * @returns {Step['run']}
 */
export function check(command, ...args) {
  return async () => {
    const { code, output } = await execute(command, args);
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output };
  };
}

/** Runs a command without stdin and resolves with its code and all it has printed. */
export function execute(command, args) {
  return new Promise((resolve) => {
    const options = {
      cwd: root,
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, NO_COLOR: '1' },
    };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const notStarted = error && error.code === 'ENOENT' ? error.message : '';
      resolve({ code: error ? (error.code ?? 1) : 0, output: stdout + stderr + notStarted });
    });
    child.stdin.end();
    running.add(child);
    child.once('close', () => running.delete(child));
  });
}

const running = new Set();

/** Ends what is running together with this process. */
export function stopOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      for (const child of running) child.kill(signal);
      process.exit(1);
    });
  }
}

function indent(text) {
  return stripVTControlCharacters(text)
    .trimEnd()
    .replace(/^(?=.)/gm, '    ');
}
