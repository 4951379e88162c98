/**
 * Three instances on one Redis behind a gateway, with the streams of one principal and some of
 * others: how long after the call does the last stream end, and when does the gateway refuse?
 */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from '../../test/support/process/ports.ts';
import { Child, answers } from '../../test/support/process/child.ts';
import { onRedis } from '../lib/redis.mjs';
import { scratch } from '../lib/systems.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const INSTANCES = 3;
const BYSTANDERS = 300;
const AT_ONCE = 32;
const POLL_MS = 2;
const PATIENCE_MS = 30_000;
const API = '/operator/api';
const secret = () => randomBytes(24).toString('base64url');

async function start(entry, portVariable, env) {
  const port = await freePort();
  const child = new Child({
    name: entry,
    args: [path.join(root, 'dist', `${entry}.js`)],
    env: { NODE_ENV: 'production', VX11_LOG_LEVEL: 'error', [portVariable]: String(port), ...env },
  });
  await child.until(() => answers(`http://127.0.0.1:${port}/livez`), PATIENCE_MS);
  return { port, url: `http://127.0.0.1:${port}`, end: () => child.end('SIGKILL') };
}

async function startSystem(redisUrl) {
  const scopes = ['events:read', 'events:publish', 'streams:admin', 'audit:read'];
  const tokens = { admin: secret(), bystander: secret() };
  const file = path.join(scratch, 'principals.json');
  writeFileSync(
    file,
    JSON.stringify(
      Object.entries(tokens).map(([id, token]) => ({
        id,
        scopes,
        tokenSha256: createHash('sha256').update(token).digest('hex'),
      })),
    ),
    { mode: 0o600 },
  );
  const shared = {
    VX11_PRINCIPALS_FILE: file,
    VX11_HOP_KEYS: secret() + secret(),
    VX11_TOKEN_KEYS: secret() + secret(),
  };
  const madre = net.createServer((socket) =>
    socket
      .on('error', () => socket.destroy())
      .on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      ),
  );
  await new Promise((resolve) => madre.listen(0, '127.0.0.1', resolve));
  const backends = await Promise.all(
    Array.from({ length: INSTANCES }, (_, index) =>
      start('operator-backend', 'VX11_BACKEND_PORT', {
        ...shared,
        VX11_REDIS_URL: redisUrl,
        VX11_DATA_DIR: path.join(scratch, `revocation-${index}`),
        VX11_STREAMS_PER_PRINCIPAL: '20000',
      }),
    ),
  );
  const gateway = await start('tentaculo-link', 'VX11_GATEWAY_PORT', {
    ...shared,
    VX11_GATEWAY_METRICS_PORT: '0',
    VX11_GATEWAY_WORKERS: '1',
    VX11_BACKEND_URLS: backends.map(({ url }) => url).join(','),
    VX11_MADRE_URL: `http://127.0.0.1:${madre.address().port}`,
    VX11_DATA_DIR: path.join(scratch, 'revocation-gateway'),
  });
  const stop = async () => {
    madre.close();
    await Promise.all([gateway.end(), ...backends.map((one) => one.end())]);
  };
  return { tokens, backends, gateway, stop };
}

/** Opens a stream with a principal token; resolves when its first event is there. */
function openStream(port, token, onEnd) {
  return new Promise((resolve, reject) => {
    let text = '';
    let isOpen = false;
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.setEncoding('latin1');
    socket.on('data', (part) => {
      text += part;
      if (isOpen) {
        // The connection may stay, for another request: the last chunk is the end of the stream.
        if (text.endsWith('\r\n0\r\n\r\n')) {
          socket.destroy();
          return;
        }
        text = text.slice(-400);
      } else if (text.includes('event: snapshot')) {
        isOpen = true;
        resolve(socket);
      } else if (!text.startsWith('HTTP/1.1 200')) {
        reject(new Error(`the stream was refused: ${text}`));
      }
    });
    socket.on('error', reject);
    socket.on(
      'close',
      () =>
        isOpen && onEnd(performance.now(), /event: goodbye[^]*"reason":"(\w+)"/.exec(text)?.[1]),
    );
    socket.write(
      `GET ${API}/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nX-VX11-Token: ${token}\r\n\r\n`,
    );
  });
}

const percentileOf = (times, q) => times.toSorted((a, b) => a - b)[Math.ceil(q * times.length) - 1];

async function call(url, token, method, route, body) {
  const answer = await fetch(`${url}${API}${route}`, {
    method,
    headers: { 'x-vx11-token': token, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function until(what, isTrue) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await delay(POLL_MS);
  }
}

/** One act against a principal with `count` streams. */
async function measure({ name, act, reason }, system, count, log) {
  const { tokens, backends, gateway } = system;
  const id = `victim-${name}`;
  const made = await call(backends[0].url, tokens.admin, 'POST', '/principals', {
    id,
    scopes: ['events:read'],
  });
  const token = made.token;
  const known = (one) => () =>
    fetch(`${one.url}${API}/events?limit=1`, { headers: { 'x-vx11-token': token } }).then(
      ({ status }) => status === 200,
    );
  for (const one of backends) await until('every instance knows the principal', known(one));
  const ends = [];
  const reasons = {};
  let lostBystanders = 0;
  const open = async (total, credential, onEnd) => {
    const sockets = [];
    let next = 0;
    const worker = async () => {
      while (next < total) {
        const { port } = backends[next++ % INSTANCES];
        sockets.push(await openStream(port, credential, onEnd));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return sockets;
  };
  await open(count, token, (at, why) => {
    ends.push(at);
    reasons[why] = (reasons[why] ?? 0) + 1;
  });
  const bystanders = await open(BYSTANDERS, tokens.bystander, () => (lostBystanders += 1));
  const toMadre = () =>
    fetch(`${gateway.url}/madre/`, { headers: { 'x-vx11-token': token } }).then(async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    });
  await until('the gateway admits the principal', async () => (await toMadre()) === 200);
  const startedAt = performance.now();
  const refusal = until('the gateway refuses', async () => (await toMadre()) === 403).then(
    () => performance.now() - startedAt,
    () => undefined,
  );
  await act(backends[0].url, tokens.admin, id);
  const answeredMs = performance.now() - startedAt;
  await until('every stream has ended', () => ends.length === count);
  const gatewayMs = reason === 'revoked' ? await refusal : undefined;
  // A stream that is cut by mistake is cut within this time.
  await delay(1_000);
  const survivors = lostBystanders;
  for (const socket of bystanders) socket.destroy();
  const times = ends.map((at) => at - startedAt);
  const row = {
    act: name,
    streams: count,
    instances: INSTANCES,
    answered_ms: answeredMs,
    first_end_ms: Math.min(...times),
    p50_ms: percentileOf(times, 0.5),
    last_end_ms: Math.max(...times),
    gateway_refuses_ms: gatewayMs,
    reasons,
    bystanders: BYSTANDERS,
    bystanders_cut: survivors,
  };
  log(JSON.stringify(row));
  return row;
}

export function measureRevocation(count, log) {
  return onRedis((url) => measureOn(url, count, log));
}

async function measureOn(redisUrl, count, log) {
  const system = await startSystem(redisUrl);
  try {
    const rows = [];
    for (const step of [
      {
        name: 'revoke',
        reason: 'revoked',
        act: (url, token, id) => call(url, token, 'POST', `/principals/${id}/revoke`, {}),
      },
      {
        name: 'narrow',
        reason: 'expired',
        act: (url, token, id) =>
          call(url, token, 'PATCH', `/principals/${id}`, { filter: { module: ['shop'] } }),
      },
    ]) {
      rows.push(await measure(step, system, count, log));
    }
    return rows;
  } finally {
    await system.stop();
  }
}
