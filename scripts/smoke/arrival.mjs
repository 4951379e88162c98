/*
 * How long a published event takes to a stream that is open, over real sockets:
 * starts the built backend, publishes one event after the other, prints the times.
 *   node scripts/smoke/arrival.mjs [events]
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from '../lib/bootstrap.mjs';

await bootstrap(import.meta.url);
const { createParser } = await import('eventsource-parser');
const { ServerProcess } = await import('../../test/support/process/server-process.ts');

const count = Number(process.argv[2] ?? 500);
const token = randomBytes(24).toString('base64url');
const dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
const backend = new ServerProcess({
  entry: '.cache/run/operator-backend.js',
  portVariable: 'VX11_BACKEND_PORT',
  env: { VX11_DATA_DIR: dataDir, VX11_OPERATOR_TOKEN: token },
});

try {
  const { url } = await backend.start();
  const api = `${url}/operator/api/events`;
  const headers = { 'x-vx11-token': token };
  const issued = await fetch(`${api}/sse-token`, { method: 'POST', headers });
  const { sse_token: ephemeral } = await issued.json();
  const stream = await fetch(`${api}/stream?token=${ephemeral}&module=arrival`);
  const arrivals = listen(stream.body);
  const times = [];
  for (let sent = 0; sent < count; sent += 1) {
    const id = randomUUID();
    const arrived = arrivals(id);
    const at = performance.now();
    const answer = await fetch(api, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ specversion: '1.0', id, source: '/arrival', type: 'arrival' }),
    });
    await answer.arrayBuffer();
    times.push((await arrived) - at);
  }
  times.sort((a, b) => a - b);
  const share = (part) => times[Math.ceil(part * times.length) - 1].toFixed(1);
  console.log(`${count} events from publishing to the open stream, in milliseconds:`);
  console.log(`p50 ${share(0.5)}  p99 ${share(0.99)}  max ${share(1)}`);
} finally {
  await backend.end();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Reads the stream; gives a function that resolves with the time at which an event came. */
function listen(body) {
  const waiting = new Map();
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === undefined) waiting.get(JSON.parse(data).id)?.(performance.now());
    },
  });
  const decoder = new TextDecoder();
  void (async () => {
    for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
  })().catch((error) => console.error(error.message));
  return (id) => new Promise((resolve) => waiting.set(id, resolve));
}
