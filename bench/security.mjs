/**
 * `npm run bench:security`: what security costs, and how soon it takes effect. Prints JSON.
 *
 *   --only <name>   verify, cost, revocation, hostile or overload; several with commas
 *   --streams <n>   streams of the principal that is revoked (default 3000)
 *   --rounds <n>    rounds of the comparisons (default 5)
 *   --redis         the cost of the audit trail on Redis too
 */
import { mkdirSync, rmSync } from 'node:fs';

import { bootstrap, giveUp, Stop } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { values } = readOptions({
    options: {
      only: { type: 'string', default: 'verify,cost,revocation,hostile,overload' },
      streams: { type: 'string', default: '3000' },
      rounds: { type: 'string', default: '5' },
      redis: { type: 'boolean', default: false },
    },
  });
  const { choosePinning, describeMachine } = await import('./lib/machine.mjs');
  const { scratch } = await import('./lib/systems.mjs');
  mkdirSync(scratch, { recursive: true });
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const pinning = choosePinning();
  const log = (line) => console.error(line);
  const rounds = Number(values.rounds);
  const questions = {
    verify: async () => (await import('./security/verify.mjs')).measureVerify(rounds, 200_000, log),
    cost: async () => {
      const { measureAuditCost } = await import('./security/audit-cost.mjs');
      const rows = [await measureAuditCost(pinning, rounds, undefined, log)];
      if (values.redis) {
        const { onRedis } = await import('./lib/redis.mjs');
        rows.push(await onRedis((url) => measureAuditCost(pinning, rounds, url, log)));
      }
      return rows;
    },
    revocation: async () =>
      (await import('./security/revocation.mjs')).measureRevocation(Number(values.streams), log),
    hostile: async () => (await import('./security/hostile.mjs')).measureHostile(rounds, log),
    overload: async () => (await import('./security/overload.mjs')).measureOverload(pinning, log),
  };
  const result = { machine: describeMachine(pinning) };
  for (const name of values.only.split(',')) {
    if (!questions[name]) throw new Stop(`--only takes ${Object.keys(questions).join(', ')}.`);
    result[name] = await questions[name]();
  }
  console.log(JSON.stringify(result, null, 2));
} catch (error) {
  giveUp(error);
}
