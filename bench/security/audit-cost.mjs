/** What the audit trail costs an issue and an open: the product with it and without it, in turn. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { issueRound } from '../issuing.mjs';
import { startLoad, startServer } from '../lib/processes.mjs';
import { median } from '../lib/stats.mjs';
import { ours, scratch } from '../lib/systems.mjs';

const load = path.join(import.meta.dirname, '../load');
const withoutAudit = ['--import', pathToFileURL(path.join(load, 'no-audit.mjs')).href];
const WARM = { warmMs: 2_000, measureMs: 2_000 };
const TIMES = { warmMs: 150, measureMs: 600 };
const OPENS = 1_500;
const AT_ONCE = 64;
/** Short turns of each in one round: the speed of a machine changes within seconds. */
const TURNS = 5;

/** One of the two, running. */
async function start(system, pinning, nodeArgs) {
  const server = await startServer(system, pinning.server, nodeArgs);
  const opener = startLoad(path.join(load, 'opener.mjs'), pinning.load);
  const issue = (times) => issueRound(server, pinning, times);
  const open = async (count) => {
    const row = await opener.ask('open', {
      port: server.port,
      pid: server.pid,
      request: ours.issueRequest,
      path: ours.streamPath,
      count,
      atOnce: AT_ONCE,
    });
    await opener.ask('leave');
    return row;
  };
  // The first requests find code that is not compiled yet.
  await issue(WARM);
  await open(2 * OPENS);
  return {
    issue: async () => (await issue(TIMES)).cpu_us_per_request,
    open: async () => (await open(OPENS)).cpu_us_per_open,
    stop: () => Promise.all([opener.stop(), server.stop()]),
  };
}

/** @param redisUrl absent: embedded */
export async function measureAuditCost(pinning, rounds, redisUrl, log) {
  const system = {
    ...ours,
    env: (port) => ({
      ...ours.env(port),
      ...(redisUrl && {
        VX11_REDIS_URL: redisUrl,
        VX11_TOKEN_KEYS: 'a-key-of-the-bench-that-is-long-enough-for-it',
      }),
      VX11_DATA_DIR: path.join(scratch, `audit-${port}`),
    }),
  };
  const pair = {
    with: await start(system, pinning, []),
    without: await start(system, pinning, withoutAudit),
  };
  const rows = { issue: [], open: [] };
  for (let n = 1; n <= rounds * TURNS; n += 1) {
    // In turn, so that a machine that grows slower or faster favours neither.
    const order = n % 2 ? ['without', 'with'] : ['with', 'without'];
    for (const [what, turns] of Object.entries(rows)) {
      const turn = {};
      for (const name of order) turn[name] = await pair[name][what]();
      turns.push(turn);
      log(`${what} ${n}: without ${turn.without.toFixed(1)}, with ${turn.with.toFixed(1)} us`);
    }
  }
  await Promise.all([pair.with.stop(), pair.without.stop()]);
  const middle = (what) => median(rows[what].map((turn) => turn.with));
  /** Of the pairs: two neighbours in time have more in common than the medians of all. */
  const cost = (what) => median(rows[what].map((turn) => turn.with / turn.without - 1));
  return {
    store: redisUrl ? 'Redis' : 'SQLite',
    turns: rounds * TURNS,
    issue_us: middle('issue'),
    issue_cost: cost('issue'),
    open_us: middle('open'),
    open_cost: cost('open'),
  };
}
