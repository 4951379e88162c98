/**
 * `npm run test:security`: the product attacked from outside, as running processes.
 * The same tests are part of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { bootstrap, giveUp, root } from '../../scripts/lib/bootstrap.mjs';

await bootstrap(import.meta.url);
try {
  const { buildAll } = await import('../../scripts/lib/build.mjs');
  await buildAll(root);
  const jest = ['node_modules/jest/bin/jest.js', 'test/security', ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, jest, { cwd: root, stdio: 'inherit' }).status ?? 1);
} catch (error) {
  giveUp(error);
}
