/**
 * The least that issuing a token can cost on Node: the same check, the same randomness, the same
 * bookkeeping and the same answer as operator-backend, on `node:http` with nothing in between.
 *
 * PORT, TOKEN (the one principal), HEADERS (JSON: the headers operator-backend answers with).
 */
import { hash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const LIFETIME_MS = 60_000;
const sha256 = (text, encoding) => hash('sha256', text, encoding);

const principal = sha256(process.env.TOKEN, 'buffer');
const headers = JSON.parse(process.env.HEADERS);
const grants = new Map();

// One lifetime for all: insertion order is expiry order, so the sweep stops at the first live one.
setInterval(() => {
  const now = performance.now();
  for (const [key, expiresAt] of grants) {
    if (expiresAt > now) break;
    grants.delete(key);
  }
}, 1000);

createServer((request, response) => {
  const correlationId = request.headers['x-correlation-id'] ?? randomUUID();
  if (request.method === 'GET') {
    response.end('ok');
    return;
  }
  const presented = request.headers['x-vx11-token'];
  if (!presented || !timingSafeEqual(sha256(presented, 'buffer'), principal)) {
    response.writeHead(presented ? 403 : 401, { 'Content-Length': 0 }).end();
    return;
  }
  const token = randomUUID();
  grants.set(sha256(token, 'hex'), performance.now() + LIFETIME_MS);
  const body = JSON.stringify({ sse_token: token, expires_in_sec: 60, ttl_sec: 60 });
  response
    .writeHead(200, {
      ...headers,
      'X-Correlation-Id': correlationId,
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
}).listen(Number(process.env.PORT), '127.0.0.1');
