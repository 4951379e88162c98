/**
 * The least that opening an event stream can cost on Node: the same check of a token, the same
 * headers and the same snapshot as operator-backend, on `node:http` with nothing in between.
 *
 * PORT, TOKEN (the one principal). `POST /operator/api/events/sse-token` issues, any GET with
 * `?token=` opens.
 */
import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const LIFETIME_MS = 60_000;
const BACKLOG = 16_384;
const sha256 = (text, encoding) => hash('sha256', text, encoding);
const principal = sha256(process.env.TOKEN, 'buffer');
const grants = new Map();
const streams = new Set();

setInterval(() => {
  for (const stream of streams) stream.write('event: heartbeat\ndata: {}\n\n');
  const now = performance.now();
  for (const [key, expiresAt] of grants) {
    if (expiresAt > now) break;
    grants.delete(key);
  }
}, 15_000);

createServer((request, response) => {
  if (request.method === 'POST') {
    const presented = request.headers['x-vx11-token'];
    if (!presented || !timingSafeEqual(sha256(presented, 'buffer'), principal)) {
      response.writeHead(presented ? 403 : 401, { 'Content-Length': 0 }).end();
      return;
    }
    const token = randomUUID();
    grants.set(sha256(token, 'hex'), performance.now() + LIFETIME_MS);
    const body = JSON.stringify({ sse_token: token, expires_in_sec: 60, ttl_sec: 60 });
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
      .end(body);
    return;
  }
  const token = new URLSearchParams(request.url.split('?', 2)[1]).get('token');
  if (token === null) {
    response.end('ok');
    return;
  }
  if (!(grants.get(sha256(token, 'hex')) > performance.now())) {
    response.writeHead(403, { 'Content-Length': 0 }).end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-store, no-transform',
    'X-Accel-Buffering': 'no',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Correlation-Id': randomUUID(),
  });
  response.write('retry: 2000\nevent: snapshot\ndata: {"events":[],"latest":"0-0"}\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
}).listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: BACKLOG });
