/**
 * `npm run fuzz:api`: made-up requests against a running gateway and operator-backend.
 * Ends with 1 for a 5xx that is not documented, a crash, a missing answer, a stall of the
 * event loop, or a token in any output.
 *
 *   --requests <n>  how many requests (default 1,000,000)
 *   --seed <n>      the same generator again (default: a new one, which is printed)
 *   --stall <ms>    longest stall of an event loop (default 200; a busy machine stalls by itself)
 */
import { bootstrap, giveUp, Stop } from '../../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { values } = readOptions({
    options: {
      requests: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      stall: { type: 'string', default: '200' },
    },
  });
  const number = (name) => {
    if (!/^[0-9]{1,9}$/.test(values[name])) throw new Stop(`--${name} takes a whole number.`);
    return Number(values[name]);
  };
  const goal = { seed: number('seed'), requests: number('requests') };
  const stall = number('stall');
  await import('../../support/typescript.mjs');
  const { fuzzApi } = await import('./campaign.ts');
  const say = (text) => process.stdout.write(`${text}\n`);
  say(`seed ${goal.seed}`);
  const startedAt = performance.now();
  let saidAt = 0;
  const report = await fuzzApi(goal, ({ requests, longestStallMs, violations }) => {
    if (performance.now() - saidAt < 20_000) return;
    saidAt = performance.now();
    say(
      `${requests} requests, longest stall ${Math.round(longestStallMs)} ms, ${violations.length} violations`,
    );
  });
  const { violations, ...figures } = report;
  for (const { what, request } of violations) {
    say(
      `\n${what}${request === undefined ? '' : `\n  ${JSON.stringify(request).slice(0, 2_000)}`}`,
    );
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  say(JSON.stringify({ ...figures, violations: violations.length, seconds }));
  process.exit(violations.length > 0 || figures.longestStallMs > stall ? 1 : 0);
} catch (error) {
  giveUp(error);
}
