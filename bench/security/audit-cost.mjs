/** What the audit trail costs an issue and an open: the product with it and without it, in turn. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { issueRound } from '../issuing.mjs';
import { startLoad, startServer } from '../lib/processes.mjs';
import { median } from '../lib/stats.mjs';
import { ours, scratch } from '../lib/systems.mjs';

const load = path.join(import.meta.dirname, '../load');
const withoutAudit = ['--import', pathToFileURL(path.join(load, 'no-audit.mjs')).href];
const TIMES = { warmMs: 1_500, measureMs: 4_000 };
const OPENS = 3_000;
const AT_ONCE = 64;

async function round(system, pinning, nodeArgs) {
  const server = await startServer(system, pinning.server, nodeArgs);
  const issued = await issueRound(server, pinning, TIMES);
  const opener = startLoad(path.join(load, 'opener.mjs'), pinning.load);
  const open = (count) =>
    opener.ask('open', {
      port: server.port,
      pid: server.pid,
      request: ours.issueRequest,
      path: ours.streamPath,
      count,
      atOnce: AT_ONCE,
    });
  // The first opens find code that is not compiled yet.
  await open(1_000);
  await opener.ask('leave');
  const opened = await open(OPENS);
  await opener.stop();
  await server.stop();
  return {
    issue_us: (issued.server_core / issued.requests_per_s) * 1e6,
    issues_per_s: issued.requests_per_s,
    open_us: opened.cpu_us_per_open,
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
  const rows = { with: [], without: [] };
  for (let n = 1; n <= rounds; n += 1) {
    // In turn, so that a machine that grows slower or faster favours neither.
    for (const name of n % 2 ? ['without', 'with'] : ['with', 'without']) {
      const args = name === 'with' ? [] : withoutAudit;
      const row = await round(system, pinning, args);
      rows[name].push(row);
      const figures = Object.entries(row).map(([key, value]) => `${key} ${value.toFixed(1)}`);
      log([`round ${n}`, `${name} the trail`, ...figures].join(', '));
    }
  }
  const middle = (name, key) => median(rows[name].map((row) => row[key]));
  /** Of the pairs: two neighbours in time have more in common than the medians of all. */
  const costs = (key) => rows.with.map((row, n) => row[key] / rows.without[n][key] - 1);
  const cost = (key) => ({ median: median(costs(key)), rounds: costs(key) });
  return {
    store: redisUrl ? 'Redis' : 'SQLite',
    issue_us: middle('with', 'issue_us'),
    issue_cost: cost('issue_us'),
    open_us: middle('with', 'open_us'),
    open_cost: cost('open_us'),
  };
}
