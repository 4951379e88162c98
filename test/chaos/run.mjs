/**
 * `npm run test:chaos [scenario …]`: kills, stops and cuts off real processes under
 * load, counts what arrived, and ends with 1 when something did not hold.
 *
 *   --seed <n>     what the monkey does follows from it (default: a new one, which is printed)
 *   --seconds <n>  length of the load (default: each scenario's own)
 *   --clients <n>  clients under load (300)
 *   --rate <n>     events a second under load (500)
 *   --list         only names the scenarios
 */
import { readFileSync } from 'node:fs';
import { bootstrap, giveUp, Stop } from '../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
// Whatever ends this command: no instance and no Redis stays behind.
process.once('exit', () => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
try {
  const { values, positionals } = readOptions({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      seconds: { type: 'string' },
      clients: { type: 'string', default: '300' },
      rate: { type: 'string', default: '500' },
      list: { type: 'boolean', default: false },
    },
  });
  const number = (name) => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^[0-9]{1,9}$/.test(text)) throw new Stop(`--${name} takes a whole number.`);
    return Number(text);
  };
  const { ensureSystemPackages } = await import('../../scripts/lib/system-packages.mjs');
  ensureSystemPackages(['redis-server']);
  await import('../support/typescript.mjs');
  const { run, scenarios } = await import('./chaos.ts');
  const names = scenarios.map(({ name }) => name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Stop(`No scenario "${unknown.join('", "')}". There are: ${names.join(', ')}.`);
  }
  if (values.list) {
    for (const { name, claim } of scenarios) process.stdout.write(`${name.padEnd(16)}${claim}\n`);
    process.exit();
  }
  const chosen = positionals.length > 0 ? positionals : names;
  const options = Object.fromEntries(
    ['seed', 'seconds', 'clients', 'rate'].map((name) => [name, number(name)]),
  );
  process.exit((await run(chosen, options)) ? 0 : 1);
} catch (error) {
  giveUp(error);
}
