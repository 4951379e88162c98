import type { Options, Scenario } from './scenario.js';
import { failovers } from './scenarios/failover.js';
import { embeddedMonkey, monkey } from './scenarios/monkey.js';
import { rolling } from './scenarios/rolling.js';
import { throughput } from './scenarios/throughput.js';
import { elsewhere, once } from './scenarios/tokens.js';

export const scenarios: readonly Scenario[] = [
  monkey,
  ...failovers,
  rolling,
  elsewhere,
  once,
  throughput,
  embeddedMonkey,
];

/** Runs them one after the other; returns whether all of them held. */
export async function run(
  names: readonly string[],
  options: Omit<Options, 'say'>,
): Promise<boolean> {
  const { seed } = options;
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const failed: string[] = [];
  for (const { name, claim, run: play } of scenarios.filter((one) => names.includes(one.name))) {
    say(`\n== ${name}: ${claim} (seed ${seed})`);
    const { lines, faults } = await play({ ...options, say });
    for (const line of lines) say(line);
    for (const fault of faults) say(`FAULT          ${fault}`);
    say(`${faults.length === 0 ? 'held' : 'DID NOT HOLD'}: ${name}, seed ${seed}`);
    if (faults.length > 0) failed.push(name);
  }
  if (failed.length > 0) say(`\nDid not hold: ${failed.join(', ')} (seed ${seed})`);
  return failed.length === 0;
}
