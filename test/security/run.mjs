/**
 * `npm run test:security [-- options of Jest]`: every claim of README.md in this directory,
 * each in the spec that the table names for it. The same tests are part of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, giveUp, root, Stop } from '../../scripts/lib/bootstrap.mjs';

await bootstrap(import.meta.url);
// The host's Node may not have it yet.
const { globSync } = await import('node:fs');

/** @throws Stop for a spec that does not exist */
function specsOfTheTable() {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  return [...text.matchAll(/`((?:src|test)\/[^`]+\.spec\.ts)`/g)].flatMap(([, name]) => {
    const files = globSync(name, { cwd: root });
    if (files.length === 0) throw new Stop(`test/security/README.md names ${name}: no such file.`);
    return files;
  });
}

try {
  const jest = [
    'scripts/jest.mjs',
    ...process.argv.slice(2),
    '--runTestsByPath',
    ...new Set([...globSync('test/security/**/*.spec.ts', { cwd: root }), ...specsOfTheTable()]),
  ];
  process.exit(spawnSync(process.execPath, jest, { cwd: root, stdio: 'inherit' }).status ?? 1);
} catch (error) {
  giveUp(error);
}
