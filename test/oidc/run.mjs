/**
 * `npm run test:oidc [-- server…]`: access tokens and the panel's sign-in with two different
 * OpenID servers: oidc-provider, and Keycloak from Maven Central. Ends with 1 when one fails.
 * Keycloak needs Java 17 and Maven; it starts in 10 to 60 seconds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap, giveUp, root, Stop } from '../../scripts/lib/bootstrap.mjs';

await bootstrap(import.meta.url);
const { KEYCLOAK } = await import('../support/oidc/keycloak-version.ts');
const SPECS = ['test/e2e/oidc.spec.ts', 'test/browser/oidc.spec.ts'];
const SERVERS = ['oidc-provider', 'keycloak'];

/** Unpacked and built for the options of test/support/oidc/keycloak.ts; once for each version. */
function installKeycloak() {
  const home = join(root, KEYCLOAK.directory);
  if (existsSync(home)) return;
  for (const program of ['java', 'mvn']) {
    if (spawnSync(program, ['--version']).error) {
      throw new Stop(
        `Keycloak needs ${program}. Install Java 17 or newer and Maven, and run this again.`,
      );
    }
  }
  process.stdout.write(`Keycloak ${KEYCLOAK.version}: about 180 MB, once\n`);
  // Complete, or not there.
  const unfinished = `${dirname(home)}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const maven = ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack'];
  const what = [`-Dartifact=${KEYCLOAK.artifact}`, `-DoutputDirectory=${unfinished}`];
  execFileSync('mvn', [...maven, ...what], { cwd: unfinished, stdio: 'inherit' });
  const script = join(unfinished, `keycloak-${KEYCLOAK.version}/bin/kc.sh`);
  execFileSync('bash', [script, 'build', '--db=dev-mem', '--features=dpop'], { stdio: 'pipe' });
  renameSync(unfinished, dirname(home));
}

try {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((name) => !SERVERS.includes(name));
  if (unknown) throw new Stop(`There is no ${unknown}; the servers are ${SERVERS.join(', ')}.`);
  const failed = [];
  for (const name of chosen.length > 0 ? chosen : SERVERS) {
    if (name === 'keycloak') installKeycloak();
    process.stdout.write(`${name}\n`);
    const { status } = spawnSync(process.execPath, ['scripts/jest.mjs', '--runInBand', ...SPECS], {
      cwd: root,
      env: { ...process.env, VX11_TEST_OIDC: name },
      stdio: 'inherit',
    });
    if (status !== 0) failed.push(name);
  }
  if (failed.length > 0) throw new Stop(`Failed with ${failed.join(', ')}.`);
} catch (error) {
  giveUp(error);
}
