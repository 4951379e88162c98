/**
 * `npm run fuzz:gateway`: made-up connections through a real gateway, compared with
 * what arrives behind it. Ends with 1 when the two disagree.
 *
 *   --requests <n>  how many requests (default 200,000)
 *   --seed <n>      the same connections again (default: a new one, which is printed)
 */
import { readFileSync } from 'node:fs';
import { bootstrap, giveUp, root, Stop } from '../../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
// Whatever ends this command, no gateway stays behind.
process.once('exit', () => {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
try {
  const { values } = readOptions({
    options: {
      requests: { type: 'string', default: '200000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    },
  });
  const number = (name) => {
    if (!/^[0-9]{1,9}$/.test(values[name])) throw new Stop(`--${name} takes a whole number.`);
    return Number(values[name]);
  };
  await import('../../support/typescript.mjs');
  const { fuzzGateway } = await import('./campaign.ts');
  const startedAt = performance.now();
  const goal = { seed: number('seed'), requests: number('requests') };
  const say = (text) => process.stdout.write(`${text}\n`);
  say(`seed ${goal.seed}`);
  const report = await fuzzGateway(root, goal, ({ connections, requests, forwarded, refused }) =>
    say(
      `${connections} connections, ${requests} requests: ${forwarded} forwarded, ${refused} refused`,
    ),
  );
  const { violations, ...figures } = report;
  for (const { what, sent } of violations) {
    say(`\n${what}${sent === undefined ? '' : `\n  ${JSON.stringify(sent).slice(0, 2_000)}`}`);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(JSON.stringify({ ...figures, violations: violations.length, seconds }));
  process.exit(violations.length > 0 ? 1 : 0);
} catch (error) {
  giveUp(error);
}
