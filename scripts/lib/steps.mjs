import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './bootstrap.mjs';
import { Stop } from './stop.mjs';
import { buildAll } from './build.mjs';
import { importEntries } from './esm-entries.mjs';
import { missingOptionals } from './lockfile.mjs';
import { check, execute } from './run-steps.mjs';
import { ensureSystemPackages, packagesAskedFor } from './system-packages.mjs';

/** Where our own code is; those of later rooms join when they are there. */
const ROOMS = ['src', 'test', 'client', 'frontend', 'ops'];

/**
 * The steps of `npm test`, stage by stage. Checks run side by side; Jest runs alone, so
 * that nothing else takes the processor away from its tests.
 * @type {import('./run-steps.mjs').Step[][]}
 */
export const stages = [
  // First: the other steps see the workspaces by what they have built.
  [{ name: 'build', run: asCheck(() => buildAll(root)) }],
  [
    { name: 'format', run: check('oxfmt', '--check', '.') },
    // With the diagnostics of the compiler: .oxlintrc.json, typeCheck.
    { name: 'lint and types', run: check('oxlint', '--deny-warnings', '.') },
    { name: 'patterns', run: asCheck(patterns) },
    {
      name: 'dependency rules',
      run: check('depcruise', '--config', '.dependency-cruiser.cjs', ...existing(ROOMS)),
    },
    { name: 'lockfile', run: asCheck(lockfile) },
    { name: 'dead code', run: check('knip', '--no-progress', '--no-config-hints') },
  ],
  [
    { name: 'entries', run: asCheck(() => importEntries(root)) },
    { name: 'system packages', run: asCheck(systemPackages) },
  ],
  [
    { name: 'scripts', run: nodeTests },
    // Counts, which do not depend on what else runs.
    { name: 'costs', run: check('node', 'bench/check.mjs') },
  ],
  [{ name: 'jest', run: jest }],
];

/**
 * The stages reduced to the named steps; all of them without a name.
 * @param {string[]} names
 * @throws Stop for a name that is no step
 */
export function pickSteps(all, names) {
  const known = all.flat().map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Stop(`No step "${unknown.join('", "')}". There are: ${known.join(', ')}.`);
  }
  if (names.length === 0) return all;
  return all.map((stage) => stage.filter(({ name }) => names.includes(name)));
}

function asCheck(work) {
  return async () => {
    await work();
    return { passed: 1, failed: 0 };
  };
}

function existing(names) {
  return names.filter((name) => existsSync(join(root, name)));
}

/** No regular expression may take more than linear time: inputs come from outside. */
async function patterns() {
  const { superLinearPatterns } = await import('./patterns.mjs');
  const faults = superLinearPatterns(root, ['src', 'client', 'frontend'], '.cache/patterns.json');
  if (faults.length > 0) throw new Stop(`Super-linear patterns:\n${faults.join('\n')}`);
}

function lockfile() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const missing = missingOptionals(lock).map(({ path }) => path);
  if (missing.length === 0) return;
  throw new Stop(
    `npm ci will refuse this package-lock.json. Fix it with: node scripts/lockfile.mjs\n` +
      `It lacks:\n${missing.join('\n')}`,
  );
}

/** A suite asks for a system package by `@needs <package>` in a comment of its file. */
export function systemPackages() {
  const files = globSync('{src,test,client,frontend}/**/*.spec.ts', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  });
  ensureSystemPackages(
    packagesAskedFor(files.map((file) => readFileSync(join(root, file), 'utf8'))),
  );
}

async function nodeTests() {
  // By default Node leaves one processor to itself; these tests mostly wait for processes.
  const args = ['--test', '--test-concurrency=2', '--test-reporter=tap', 'test/scripts/*.test.mjs'];
  const { code, output } = await execute('node', args);
  const number = (word) => Number(output.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
  const passed = number('pass');
  const failed = number('tests') - passed;
  return { passed, failed: failed || Number(code !== 0), output };
}

async function jest() {
  const file = join(root, '.cache/jest-results.json');
  mkdirSync(dirname(file), { recursive: true });
  const args = ['--ci', '--json', `--outputFile=${file}`, '--silent=false'];
  const { code, output } = await execute('jest', args);
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const passed = results.numPassedTests;
  // A suite that does not even load has no failed test, yet has failed; a test that
  // is left out proves nothing, so it counts as failed as well.
  const failed =
    results.numFailedTests +
    results.numRuntimeErrorTestSuites +
    results.numPendingTests +
    results.numTodoTests;
  return { passed, failed: failed || Number(code !== 0), output };
}
