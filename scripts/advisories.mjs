/*
 * npm run advisories: known vulnerabilities of the packages that the product runs with.
 * Exit code 1 for one that is high or critical; 2 when nothing was checked, because the registry
 * has no advisories or cannot be reached.
 */
import { spawnSync } from 'node:child_process';
import { refuseArguments } from './lib/bootstrap.mjs';

refuseArguments();

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  timeout: 60_000,
});

let report;
try {
  report = JSON.parse(stdout ?? '');
} catch {
  report = {};
}
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  const why = report.message ?? report.error?.summary ?? 'no answer';
  process.stdout.write(`NOT CHECKED: the registry gave no advisories (${why}).\n`);
  process.exit(2);
}
for (const [name, { severity, via }] of Object.entries(report.vulnerabilities ?? {})) {
  const titles = via.map((one) => (typeof one === 'string' ? one : one.title));
  process.stdout.write(`${severity}: ${name}: ${titles.join('; ')}\n`);
}
const { critical, high, moderate, low } = counts;
process.stdout.write(`${critical} critical, ${high} high, ${moderate} moderate, ${low} low\n`);
process.exit(critical + high > 0 ? 1 : 0);
