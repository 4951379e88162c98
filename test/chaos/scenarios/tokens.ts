import type { Scenario } from '../scenario.js';
import { System } from '../system.js';
import { many, TokenCaller } from '../token-caller.js';
import { standalone } from '../topology.js';

const TIMES = 10_000;
const AT_ONCE = 32;
const INSTANCES = 3;

async function withInstances<T>(work: (urls: string[], caller: TokenCaller) => Promise<T>) {
  const topology = await standalone(INSTANCES);
  const system = await System.start(topology, { instances: INSTANCES, gateway: false });
  const caller = new TokenCaller(system.token);
  try {
    return await work(
      system.backends.map(({ url }) => url),
      caller,
    );
  } finally {
    caller.close();
    await system.stop({ keepDirectory: false });
  }
}

/** The instances A and B of this turn, each pair and both directions as often. */
function pair(urls: readonly string[], turn: number): [a: string, b: string] {
  const a = turn % urls.length;
  const b = (a + 1 + (Math.floor(turn / urls.length) % (urls.length - 1))) % urls.length;
  return [urls[a] as string, urls[b] as string];
}

export const elsewhere: Scenario = {
  name: 'elsewhere',
  claim: `a token issued by one instance opens a stream on another, ${TIMES} times`,
  run: () =>
    withInstances(async (urls, caller) => {
      const counts: Record<string, number> = {};
      const startedAt = performance.now();
      await many(TIMES, AT_ONCE, async (turn) => {
        const [a, b] = pair(urls, turn);
        const { status } = await caller.open(b, await caller.issue(a));
        counts[status] = (counts[status] ?? 0) + 1;
      });
      const seconds = (performance.now() - startedAt) / 1000;
      return {
        lines: [`answers ${JSON.stringify(counts)}, in ${seconds.toFixed(1)} s`],
        faults: counts[200] === TIMES ? [] : ['not every token opened a stream'],
      };
    }),
};

export const once: Scenario = {
  name: 'once',
  claim: `two clients use one token at the same instant on two instances: one wins, ${TIMES} times`,
  run: () =>
    withInstances(async (urls, caller) => {
      const counts: Record<string, number> = {};
      await many(TIMES, AT_ONCE, async (turn) => {
        const [a, b] = pair(urls, turn);
        const token = await caller.issue(a);
        const answers = await Promise.all([
          caller.open(a, token, 'client one'),
          caller.open(b, token, 'client two'),
        ]);
        const [first, second] = answers.map(
          ({ status, body }) =>
            `${status}${status === 200 ? '' : ` ${(JSON.parse(body) as { code: string }).code}`}`,
        );
        const outcome = `A ${first}, B ${second}`;
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      });
      const exactlyOne =
        (counts['A 200, B 403 token_replayed'] ?? 0) + (counts['A 403 token_replayed, B 200'] ?? 0);
      return {
        lines: Object.entries(counts).map(([outcome, count]) => `${outcome}: ${count}`),
        faults: exactlyOne === TIMES ? [] : ['not exactly one of the two won each time'],
      };
    }),
};
