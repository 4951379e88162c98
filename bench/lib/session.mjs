/** A fan-out under way: one fresh server, its receiver and its publisher. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { withNoise } from './noise.mjs';
import { startLoad, startServer } from './processes.mjs';

const load = join(import.meta.dirname, '../load');
const LATENCY_SAMPLES = 20_000;

/**
 * Starts `system` and opens `streams` streams on it: all of one topic or, with `ownTopics`, each of
 * its own, so that an event concerns one of them.
 */
export async function openSession(system, pinning, streams, { nodeArgs, ownTopics = false } = {}) {
  const server = await startServer(system, pinning.server, nodeArgs);
  const receiver = startLoad(join(load, 'receiver.mjs'), pinning.load);
  const publisher = startLoad(join(load, 'publisher.mjs'), pinning.load);
  const { pid, port, publishPort } = server;
  const path = ownTopics ? system.topicPath : system.streamPath;
  const open = (total) => receiver.ask('open', { port, path, issue: system.issue, total });
  await open(streams);
  await publisher.ask('connect', {
    port: publishPort,
    head: system.publishHead,
    publishing: system.publishing,
  });
  return {
    system,
    port,
    streams,
    ownTopics,
    receiver,
    publisher,
    server: { pid, pinning },
    open,
    async stop(signal) {
      await Promise.all([receiver.stop(), publisher.stop()]);
      await server.stop(signal);
    },
  };
}

/** Publishes at `rate` events a second, and measures once that has gone on for `warmMs`. */
export async function measureRate(session, rate, { warmMs, measureMs }) {
  const { system, receiver, publisher, server, streams, ownTopics } = session;
  const concerned = ownTopics ? 1 : streams;
  const expected = rate * concerned * (measureMs / 1000);
  const sampleEvery = Math.max(1, Math.round(expected / LATENCY_SAMPLES));
  await publisher.ask('publish', { rate, topics: ownTopics ? streams : 0 });
  await delay(warmMs);
  await Promise.all([receiver.ask('begin', { server, sampleEvery }), publisher.ask('begin')]);
  await delay(measureMs);
  const [received, published] = await Promise.all([receiver.ask('end'), publisher.ask('end')]);
  return withNoise({
    system: system.name,
    rate,
    ...received,
    published_per_s: published.published_per_s,
    received_share: received.deliveries_per_s / (published.published_per_s * concerned),
    cpu_us_per_event: (received.server_core / published.published_per_s) * 1e6,
    load_core: received.load_core + published.publisher_core,
    deliveries_per_core: received.deliveries_per_s / received.server_core,
  });
}

/**
 * Whether the system kept up with what was published. More than that arriving is no better: a queue
 * from before the measurement was being worked off.
 */
export const sustained = (row) => Math.abs(row.received_share - 1) <= 0.02 && row.p99_ms <= 1000;

/**
 * After publishing: how many events the worst stream has too few or too many, once everything had
 * two seconds to arrive.
 */
export async function miscounted({ receiver, publisher }) {
  const accepted = await publisher.ask('stop');
  for (let patience = 20; ; patience--) {
    const { min, max } = await receiver.ask('totals');
    const worst = Math.max(accepted - min, max - accepted);
    if (worst === 0 || patience === 0) return worst;
    await delay(100);
  }
}

/** One line of progress. */
export function describe(row) {
  const share = (row.received_share * 100).toFixed(1);
  return `${row.system} at ${row.rate.toFixed(0)}/s: ${row.deliveries_per_s.toFixed(0)} deliveries/s (${share} %), p99 ${row.p99_ms.toFixed(1)} ms`;
}
