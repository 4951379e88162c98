/** 20,000 connections in front of an instance that is full: what those inside notice of it. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { residentBytes } from '../lib/machine.mjs';
import { startLoad } from '../lib/processes.mjs';
import { measureRate, openSession } from '../lib/session.mjs';
import { ours } from '../lib/systems.mjs';

const INSIDE = 500;
const MOST_STREAMS = 1_000;
const RATE = 100;
/** One process may open 20,000 files: two of them come. */
const CROWDS = 2;
const CONNECTIONS = 10_000;
const PER_SECOND = 2_500;
const TIMES = { warmMs: 1_000, measureMs: 8_000 };

const full = {
  ...ours,
  env: (port) => ({
    ...ours.env(port),
    VX11_STREAMS_MAX: MOST_STREAMS,
    VX11_STREAMS_PER_ADDRESS: 1_000_000,
  }),
};

/** Asks for a stream that no event of the bench concerns. */
const request = [
  'GET /operator/api/events/stream?type=none HTTP/1.1',
  'Host: 127.0.0.1',
  `X-VX11-Token: ${ours.issue.headers['X-VX11-Token']}`,
  '',
  '',
].join('\r\n');

const MIB = 2 ** 20;
const rowOf = (name, row, pid) => ({
  when: name,
  deliveries_per_s: row.deliveries_per_s,
  p50_ms: row.p50_ms,
  p99_ms: row.p99_ms,
  received_share: row.received_share,
  server_core: row.server_core,
  resident_mib: residentBytes(pid) / MIB,
});

export async function measureOverload(pinning, log) {
  const session = await openSession(full, pinning, INSIDE);
  const { pid } = session.server;
  const { port } = session;
  const rows = [];
  const note = (row) => {
    rows.push(row);
    log(JSON.stringify(row));
  };
  note(rowOf('nobody else', await measureRate(session, RATE, TIMES), pid));
  for (const [name, pauseMs] of [
    ['wait as Retry-After says', Infinity],
    ['ask again after 2 s', 2_000],
  ]) {
    const crowds = Array.from({ length: CROWDS }, () =>
      startLoad(path.join(import.meta.dirname, '../load/crowd.mjs'), pinning.load),
    );
    const each = (command, args) => Promise.all(crowds.map((crowd) => crowd.ask(command, args)));
    const measure = async (when) => {
      await each('look');
      const startedAt = performance.now();
      const row = await measureRate(session, RATE, TIMES);
      const seconds = (performance.now() - startedAt) / 1000;
      const seen = await each('look');
      const answers = {};
      for (const one of seen) {
        for (const [what, times] of Object.entries(one.answers)) {
          answers[what] = (answers[what] ?? 0) + times;
        }
      }
      note({
        ...rowOf(`${CROWDS * CONNECTIONS} ${when}`, row, pid),
        connected: seen.reduce((sum, one) => sum + one.connected, 0),
        admitted: seen.reduce((sum, one) => sum + one.inside, 0),
        answers_per_s: Object.fromEntries(
          Object.entries(answers).map(([what, times]) => [what, Math.round(times / seconds)]),
        ),
      });
    };
    const arrived = each('begin', {
      connections: CONNECTIONS,
      perSecond: PER_SECOND / CROWDS,
      port,
      request,
      pauseMs,
    });
    await measure(`that arrive and ${name}`);
    await arrived;
    await measure(`that ${name}`);
    await each('leave');
    await Promise.all(crowds.map((crowd) => crowd.stop()));
    await delay(2_000);
  }
  note(rowOf('after they have left', await measureRate(session, RATE, TIMES), pid));
  await session.stop();
  return rows;
}
