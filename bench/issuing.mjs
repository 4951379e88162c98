/** Issuing a token: operator-backend against the same work on bare node:http. */
import path from 'node:path';

import { quietest, withNoise } from './lib/noise.mjs';
import { startLoad, startServer } from './lib/processes.mjs';
import { medianRow } from './lib/stats.mjs';
import { bareHttp, issuingHeaders, ours } from './lib/systems.mjs';

const CONNECTIONS = 64;
const script = path.join(import.meta.dirname, 'load/issuer.mjs');

/** One measured round against a running server. */
export async function issueRound(server, pinning, times) {
  const load = startLoad(script, pinning.load);
  const row = await load.ask('run', {
    port: server.port,
    server: { pid: server.pid, pinning },
    request: server.system.issueRequest,
    connections: CONNECTIONS,
    ...times,
  });
  await load.stop();
  return withNoise(row);
}

/** Alternates the two, round by round; both servers live through all rounds, one idle at a time. */
export async function measureIssuing({ rounds, ...times }, pinning, log) {
  const backend = await startServer(ours, pinning.server);
  const bare = await startServer(bareHttp(await issuingHeaders(backend)), pinning.server);
  const measured = new Map([bare, backend].map((server) => [server, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [server, rows] of measured) {
      const row = await quietest(() => issueRound(server, pinning, times));
      rows.push({ system: server.system.name, ...row });
      log(`issuing, round ${round}, ${server.system.name}: ${row.requests_per_s.toFixed(0)}/s`);
    }
  }
  await Promise.all([bare.stop(), backend.stop()]);
  return [...measured.values()].map(medianRow);
}
