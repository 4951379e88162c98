/** The questions to a gateway: first byte, throughput, memory, ten thousand at once with and without issuing, and other proxies. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { collectable, residentAfterCollection } from '../idle-memory.mjs';
import { choosePinning, cpuSeconds, describeMachine } from './machine.mjs';
import { NOISY, quietest } from './noise.mjs';
import { startLoad, startServer } from './processes.mjs';
import { findProxies } from './proxies.mjs';
import { describe, measureRate } from './session.mjs';
import { bareStream, gateway, ours, scratch } from './systems.mjs';

const load = path.join(import.meta.dirname, '../load');
const FULL = { firstByte: 200, warmMs: 2000, measureMs: 8000, burst: 10_000 };
const QUICK = { firstByte: 50, warmMs: 1000, measureMs: 3000, burst: 10_000 };
const STREAMS = 500;
const RATE = 1000;
const PROXY_RATES = [50, 200, 1000];
const BASE = 1000;
const IDLE = 3000;
const AT_ONCE = 64;
/** Streams that are lost are lost soon. */
const SETTLE_MS = 3000;

export async function benchGateway({ quick, only }) {
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const plan = quick ? QUICK : FULL;
  const pinning = choosePinning();
  const questions = { firstByte, throughput, idleMemory, burst, arrivals, proxies };
  const result = { machine: describeMachine(pinning) };
  for (const [name, answer] of Object.entries(questions)) {
    if (only !== undefined && only !== name) continue;
    const ask = () => answer(plan, pinning);
    // The only one that is told by noise: a load core with four programs has none to spare.
    result[name] = name === 'throughput' ? await quietest(ask) : await ask();
  }
  const text = JSON.stringify(result, null, 2);
  console.log(text);
  if (quick || only !== undefined || result.throughput.foreign > NOISY) return;
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(path.join(import.meta.dirname, `../results/${date}-gateway.json`), `${text}\n`);
}

/** operator-backend on one core, and the gateway before it, in one process, on the other. */
async function startBoth(pinning, workers, nodeArgs = [], proxy) {
  const backend = await startServer(ours, pinning.load);
  const system = proxy ? proxy(backend.port) : gateway(backend.port, workers);
  const front = await startServer(system, pinning.server, proxy ? [] : nodeArgs);
  return { backend, front, stop: () => Promise.all([front.stop('SIGTERM'), backend.stop()]) };
}

async function firstByte({ firstByte: rounds }, pinning) {
  const { backend, front, stop } = await startBoth(pinning, 1);
  const client = startLoad(path.join(load, 'opener.mjs'), pinning.load);
  const [direct, through] = await client.ask('firstByte', {
    ports: [backend.port, front.port],
    issuer: backend.port,
    request: ours.issueRequest,
    path: ours.streamPath,
    rounds,
  });
  await Promise.all([client.stop(), stop()]);
  return { rounds, direct_ms: direct, through_ms: through, more_ms: through - direct };
}

const throughput = (plan, pinning) => fanOut(plan, pinning, RATE);

/** @param proxy what stands in the gateway's place; absent: the gateway */
async function fanOut({ warmMs, measureMs }, pinning, rate, proxy) {
  const { backend, front, stop } = await startBoth(pinning, 1, [], proxy);
  const receiver = startLoad(path.join(load, 'receiver.mjs'), pinning.load);
  const publisher = startLoad(path.join(load, 'publisher.mjs'), pinning.load);
  await receiver.ask('open', {
    port: front.port,
    path: ours.streamPath,
    issue: ours.issue,
    total: STREAMS,
  });
  await publisher.ask('connect', { port: backend.port, head: ours.publishHead });
  const session = {
    system: front.system,
    streams: STREAMS,
    receiver,
    publisher,
    server: { pid: front.pid, pinning },
  };
  const before = { at: performance.now(), cpu: cpuSeconds(backend.pid) };
  const { foreign, ...row } = await measureRate(session, rate, { warmMs, measureMs });
  const seconds = (performance.now() - before.at) / 1000;
  // It shares a core with the load, and is no stranger there.
  const backendCore = (cpuSeconds(backend.pid) - before.cpu) / seconds;
  await Promise.all([receiver.stop(), publisher.stop(), stop()]);
  return {
    streams: STREAMS,
    ...row,
    backend_core: backendCore,
    foreign: Math.max(0, foreign - backendCore),
  };
}

/** The gateway and other proxies in turn, before the same backend. */
async function proxies(plan, pinning) {
  const { proxies: others, missing } = findProxies();
  const rows = [];
  for (const rate of PROXY_RATES) {
    const round = [];
    for (const proxy of [undefined, ...others]) {
      const row = await quietest(() => fanOut(plan, pinning, rate, proxy));
      console.error(describe(row), `core ${row.server_core.toFixed(3)}`);
      round.push(row);
    }
    const nginx = round.find(({ system }) => system === 'nginx');
    rows.push(
      ...round.map((row) => ({ ...row, cpu_ratio_to_nginx: row.server_core / nginx?.server_core })),
    );
  }
  return { rows, missing };
}

/** What an idle stream holds of the gateway's memory, and what its opening takes of the processor. */
async function idleMemory(_plan, pinning) {
  const { backend, front, stop } = await startBoth(pinning, 1, collectable);
  const client = startLoad(path.join(load, 'opener.mjs'), pinning.load);
  const target = { port: front.port, issuer: backend.port, path: ours.streamPath };
  const request = ours.issueRequest;
  const open = (count) =>
    client.ask('open', { ...target, request, pid: front.pid, count, atOnce: AT_ONCE });
  // The first opens find code that is not compiled yet.
  await open(BASE);
  await client.ask('leave');
  // What they have left behind is filled again, so that it is not taken for what the others hold.
  await open(BASE);
  const few = await residentAfterCollection(front.pid);
  const { cpu_us_per_open } = await open(IDLE);
  const many = await residentAfterCollection(front.pid);
  await Promise.all([client.stop(), stop()]);
  const streams = [BASE, BASE + IDLE];
  return { streams, bytes: [few, many], bytes_per_stream: (many - few) / IDLE, cpu_us_per_open };
}

/** As many processes as the gateway takes by itself, on all cores, as in production. */
async function burst({ burst: count }) {
  const { backend, front, stop } = await startBoth({}, 0);
  const row = await openAll({
    port: front.port,
    issuer: backend.port,
    path: ours.streamPath,
    count,
  });
  await stop();
  return { streams: count, ...row };
}

/**
 * Clients that come at once, of which each issues a token and opens a stream with it, on all cores:
 * at the bare writer, at operator-backend and through the gateway.
 */
async function arrivals({ burst: count }) {
  const rows = [];
  const ask = async (system, port) => {
    const row = await openAll({ port, path: system.streamPath, count, arriving: true });
    rows.push({ system: system.name, ...row });
    console.error(JSON.stringify(rows.at(-1)));
  };
  for (const system of [bareStream, ours]) {
    const server = await startServer(system);
    await ask(system, server.port);
    await server.stop();
  }
  const { front, stop } = await startBoth({}, 0);
  await ask({ ...front.system, streamPath: ours.streamPath }, front.port);
  await stop();
  return rows;
}

/** Opens all at once from a process that no core is kept for. `lost`: streams that ended soon after. */
async function openAll(target) {
  const client = startLoad(path.join(load, 'opener.mjs'));
  const row = await client.ask('open', { ...target, request: ours.issueRequest });
  await delay(SETTLE_MS);
  const lost = await client.ask('leave');
  await client.stop();
  return { ...row, lost };
}
