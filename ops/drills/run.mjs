/**
 * `npm run drill NAME …`: breaks a running system in the way of a runbook, waits for its
 * alert, follows the runbook's commands, and shows the recovery, with times. `all` runs
 * every drill; without a name it lists them. Ends with 1 when a step did not happen.
 */
import { readFileSync } from 'node:fs';
import { bootstrap, giveUp, Stop } from '../../scripts/lib/bootstrap.mjs';

const say = (line) => void process.stdout.write(`${line}\n`);

await bootstrap(import.meta.url, { build: true });
// Whatever ends this command: no process stays behind.
process.once('exit', () => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
try {
  const { ensureSystemPackages } = await import('../../scripts/lib/system-packages.mjs');
  await import('../../test/support/typescript.mjs');
  const { DRILLS } = await import('./drills.ts');
  const names = process.argv.slice(2);
  if (names.length === 0) {
    for (const { name, fault } of DRILLS) say(`${name.padEnd(32)}${fault}`);
    say('\nnpm run drill NAME … or npm run drill all');
    process.exit();
  }
  const unknown = names.filter(
    (name) => name !== 'all' && !DRILLS.some((one) => one.name === name),
  );
  if (unknown.length > 0) {
    throw new Stop(`No drill "${unknown.join('", "')}". \`npm run drill\` lists them.`);
  }
  ensureSystemPackages(['redis-server', 'prometheus', 'prometheus-alertmanager']);
  const chosen = DRILLS.filter(({ name }) => names.includes('all') || names.includes(name));
  const { DrillSystem } = await import('./system.ts');
  const { runDrill } = await import('./drill.ts');
  const system = new DrillSystem(process.env.PATH);
  const results = [];
  const failed = [];
  try {
    await system.start();
    for (const drill of chosen) {
      try {
        results.push(await runDrill(drill, system, say));
      } catch (error) {
        failed.push(drill.name);
        say(`  FAILED: ${error.message}`);
      }
    }
  } finally {
    await system.stop();
  }
  const cell = (value) => (value === null ? '-' : String(value)).padStart(10);
  say(
    `\n${'drill'.padEnd(32)}${'alert s'.padStart(10)}${'notice s'.padStart(10)}${'over s'.padStart(10)}`,
  );
  for (const { name, alertSec, notifiedSec, recoveredSec } of results) {
    say(name.padEnd(32) + cell(alertSec) + cell(notifiedSec) + cell(recoveredSec));
  }
  say(
    `${results.length} drills passed, ${failed.length} failed${failed.length ? `: ${failed.join(', ')}` : ''}`,
  );
  process.exit(failed.length === 0 ? 0 : 1);
} catch (error) {
  giveUp(error);
}
