/**
 * `npm run test:alertmanagers`: real-alertmanager.spec.ts with Debian's Alertmanager and with
 * newer ones, which Go builds into .cache. Ends with 1 when one of them fails.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Stop, bootstrap, giveUp, refuseArguments, root } from '../scripts/lib/bootstrap.mjs';

refuseArguments();
await bootstrap(import.meta.url);
const MODULE = 'github.com/prometheus/alertmanager/cmd/alertmanager';
const NEWER = ['v0.27.0', 'v0.28.1', 'v0.29.0', 'v0.30.0', 'v0.31.0'];
const SPEC = 'test/e2e/real-alertmanager.spec.ts';

/** The program of this version; built once. */
function built(version) {
  const directory = join(root, '.cache', `alertmanager-${version}`);
  const program = join(directory, 'alertmanager');
  if (!existsSync(program)) {
    const env = { ...process.env, GOBIN: directory };
    execFileSync('go', ['install', `${MODULE}@${version}`], { env, stdio: 'pipe' });
  }
  return program;
}

try {
  if (spawnSync('go', ['version']).error) {
    throw new Stop('Newer Alertmanagers are built by Go. Install Go, and run this again.');
  }
  const failed = [];
  for (const version of ['prometheus-alertmanager', ...NEWER]) {
    const program = version.startsWith('v') ? built(version) : version;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/jest.mjs', SPEC], {
      cwd: root,
      env: { ...process.env, VX11_ALERTMANAGER: program },
      encoding: 'utf8',
    });
    process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${version}\n`);
    if (status !== 0) {
      failed.push(version);
      process.stdout.write(stderr);
    }
  }
  if (failed.length > 0) throw new Stop(`Failed with ${failed.join(', ')}.`);
} catch (error) {
  giveUp(error);
}
