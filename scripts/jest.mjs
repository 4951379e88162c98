// Jest for the commands that run some specs only, as `npm run test:long -- costs`, with all that
// specs need: the npm packages, the built product and the Debian packages.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, giveUp, root } from './lib/bootstrap.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { systemPackages } = await import('./lib/steps.mjs');
  systemPackages();
} catch (error) {
  giveUp(error);
}
const jest = join(root, 'node_modules/jest/bin/jest.js');
const { status } = spawnSync(process.execPath, [jest, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
