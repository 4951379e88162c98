/** `npm run bench -- --peers`: operator-backend and other systems in turn, one core each, same load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { saturate } from './fan-out.mjs';
import { barChart } from './lib/bar-chart.mjs';
import { describeMachine, residentBytes } from './lib/machine.mjs';
import { findPeers } from './lib/peers.mjs';
import { startLoad, startServer } from './lib/processes.mjs';
import { describe, measureRate, openSession, sustained } from './lib/session.mjs';
import { bareStream, ours } from './lib/systems.mjs';

const RATES = [50, 200, 1000, 4000];
const STREAMS = 500;
const IDLE = [500, 2500];
const SETTLE_MS = 2000;
const TOPICS = 5000;
const TOPICS_RATE = 1000;
const TIMES = { warmMs: 1500, measureMs: 3000 };
const opener = path.join(import.meta.dirname, 'load/opener.mjs');
const results = path.join(import.meta.dirname, 'results');

async function fanOut(system, pinning) {
  const rows = [];
  for (const rate of RATES) {
    const session = await openSession(system, pinning, STREAMS);
    const row = await measureRate(session, rate, TIMES);
    await session.stop();
    rows.push(row);
    console.error(describe(row));
    // Above this a system only queues.
    if (row.received_share < 0.5) break;
  }
  return rows;
}

/** The highest rate that a system sustains; the search begins at what `fanOut` has found. */
function saturation(system, pinning, fans) {
  const good = fans.filter(sustained).map(({ rate }) => rate * 1.5);
  const open = () => openSession(system, pinning, STREAMS);
  return saturate(open, Math.max(RATES[0], ...good), { halvings: 2, ...TIMES }, (row) =>
    console.error(`saturation, ${describe(row)}`),
  );
}

/** Streams that each have a topic of their own, and events of which each concerns one of them. */
async function ownTopics(system, pinning) {
  const session = await openSession(system, pinning, TOPICS, { ownTopics: true });
  const row = await measureRate(session, TOPICS_RATE, TIMES);
  await session.stop();
  console.error(`${TOPICS} topics, ${describe(row)}`);
  return row;
}

async function idleMemory(system, pinning) {
  const session = await openSession(system, pinning, 0);
  const bytes = [];
  for (const total of IDLE) {
    await session.open(total);
    await delay(SETTLE_MS);
    bytes.push(residentBytes(session.server.pid));
  }
  await session.stop();
  return (bytes[1] - bytes[0]) / (IDLE[1] - IDLE[0]) / 1024;
}

async function burst(system, pinning, count) {
  const server = await startServer(system, pinning.server);
  const load = startLoad(opener, pinning.load);
  const row = await load.ask('open', {
    port: server.port,
    pid: server.pid,
    request: system.issueRequest,
    path: system.streamPath,
    headOnly: system.firstByteIsHead,
    count,
  });
  await load.stop();
  await server.stop();
  return row;
}

/** Measures all, prints the tables, and writes results/<date>-peers.{json,md} and two plots. */
export async function comparePeers(pinning, burstOf = 8000) {
  const { systems, missing } = findPeers();
  for (const line of missing) console.error(`not run: ${line}`);
  const rows = [];
  for (const system of [ours, bareStream, ...systems]) {
    const row = { system: system.name, version: system.version, fans: [], burst: {} };
    try {
      if (system.publishHead) {
        row.fans = await fanOut(system, pinning);
        row.saturation = await saturation(system, pinning, row.fans);
        row.topics = await ownTopics(system, pinning);
        row.idle_kib = await idleMemory(system, pinning);
      }
      row.burst = await burst(system, pinning, burstOf);
      console.error(`${system.name}: burst ${(row.burst.max_ms / 1000).toFixed(1)} s`);
    } catch (error) {
      missing.push(`${system.name}: ${error.message.split('\n', 1)[0]}`);
    }
    // With what was measured before anything failed.
    rows.push(row);
  }
  const machine = describeMachine(pinning);
  const text = tables(machine, rows, missing, burstOf);
  console.log(text);
  mkdirSync(results, { recursive: true });
  const base = path.join(results, `${new Date().toISOString().slice(0, 10)}-peers`);
  writeFileSync(`${base}.json`, `${JSON.stringify({ machine, rows, missing }, null, 2)}\n`);
  writeFileSync(`${base}.md`, text);
  const bars = (value) => rows.map((row) => [row.system, value(row)]);
  writeFileSync(
    `${base}-burst.svg`,
    barChart(
      `Seconds until the last of ${burstOf} clients has its first byte`,
      bars(({ burst: { max_ms } }) => max_ms / 1000),
    ),
  );
  const at = (row) => row.fans.find(({ rate }) => rate === 1000)?.p99_ms ?? Number.NaN;
  writeFileSync(
    `${base}-latency.svg`,
    barChart('p99 at 1,000 events/s to 500 streams, milliseconds', bars(at)),
  );
}

const figure = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

const FAN_HEAD = `| system | events/s | deliveries/s | received % | CPU µs/delivery | p99 ms | server core % | load core % | foreign % | streams lost |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|`;

function tables(machine, rows, missing, burstOf) {
  const fanRow = (row) =>
    `| ${[row.system, Math.round(row.rate), Math.round(row.deliveries_per_s), figure(row.received_share * 100, 1), figure(row.cpu_us_per_delivery, 2), figure(row.p99_ms, 1), figure(row.server_core * 100, 0), figure(row.load_core * 100, 0), figure(row.foreign * 100, 0), row.streams_lost].join(' | ')} |`;
  const known = (values) => values.filter(Boolean).map(fanRow).join('\n');
  const opens = rows.map(
    ({ system, idle_kib, burst: b }) =>
      `| ${[system, figure(idle_kib, 1), figure(b.max_ms / 1000, 2), figure(b.p50_ms / 1000, 2), b.refused, b.syn_retries, figure(b.cpu_us_per_open, 0)].join(' | ')} |`,
  );
  return `# Compared with other systems

${Object.entries(machine)
  .map(([name, value]) => `- ${name.replaceAll('_', ' ')}: ${value}`)
  .join('\n')}

Systems: ${rows.map(({ system, version }) => [system, version].filter(Boolean).join(' ')).join('; ')}. Not run: ${missing.join('; ') || 'none'}.

## Fan-out, ${STREAMS} streams

${FAN_HEAD}
${known(rows.flatMap(({ fans }) => fans))}

## The highest rate that is sustained, ${STREAMS} streams

All of it arrives within 2 %, p99 at most one second.

${FAN_HEAD}
${known(rows.map(({ saturation: most }) => most))}

## ${TOPICS} streams, each of its own topic or filter

Each event concerns one of them.

${FAN_HEAD}
${known(rows.map(({ topics }) => topics))}

## Idle streams, and ${burstOf} at once

| system | KiB an idle stream | last first byte s | p50 s | refused | SYN retries | CPU µs/open |
|---|---:|---:|---:|---:|---:|---:|
${opens.join('\n')}
`;
}
