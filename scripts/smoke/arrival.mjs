/*
 * How long a published event takes to a stream that is open, over real sockets:
 * starts the built backend, publishes one event after the other, prints the times.
 *   node scripts/smoke/arrival.mjs [events]
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createParser } from 'eventsource-parser';

const count = Number(process.argv[2] ?? 500);
const token = randomBytes(24).toString('base64url');
const dataDir = mkdtempSync(join(tmpdir(), 'vx11-'));
const backend = spawn(process.execPath, ['dist/operator-backend.js'], {
  env: {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    VX11_BACKEND_PORT: '0',
    VX11_DATA_DIR: dataDir,
    VX11_OPERATOR_TOKEN: token,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  const url = await listening(backend.stdout);
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
  backend.kill('SIGTERM');
  await once(backend, 'close');
  rmSync(dataDir, { recursive: true, force: true });
}

/** The address from the backend's log. */
async function listening(output) {
  for await (const line of createInterface(output)) {
    const { message, url } = JSON.parse(line);
    if (message === 'listening') {
      output.resume();
      return url;
    }
  }
  throw new Error('The backend did not start. Build it first: npm run build');
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
