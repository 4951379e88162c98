/** The systems under test: how each is started, and which requests do the same thing in each. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const TOKEN = 'bench-principal-token-of-sensible-length';
/** Without it the gateway could not follow revocations, and would ask for them four times a second. */
const HOP_KEYS = 'bench-key-that-gateway-and-backend-share';

export const scratch = mkdtempSync(path.join(os.tmpdir(), 'vx11-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let started = 0;

const issuePath = '/operator/api/events/sse-token';

/** A POST head up to, and without, Content-Length. */
const post = (target, ...headers) =>
  [`POST ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, ''].join('\r\n');

const issueRequest = `${post(issuePath, `X-VX11-Token: ${TOKEN}`)}Content-Length: 0\r\n\r\n`;

/** operator-backend as built, with its defaults, but for limits that the bench is meant to pass. */
export const ours = {
  name: 'operator-backend',
  entry: path.join(root, 'dist/operator-backend.js'),
  readyPath: '/readyz',
  env: (port) => ({
    VX11_BACKEND_PORT: port,
    VX11_OPERATOR_TOKEN: TOKEN,
    VX11_HOP_KEYS: HOP_KEYS,
    VX11_DATA_DIR: path.join(scratch, `data-${++started}`),
    VX11_TOKEN_CACHE_MAX: 10_000_000,
    VX11_TOKEN_CACHE_BYTES: 16 * 2 ** 30,
    VX11_DRAIN_SECONDS: 1,
    VX11_STREAMS_MAX: 19_000,
    VX11_STREAMS_PER_PRINCIPAL: 19_000,
    VX11_FILTER_VALUES_PER_PRINCIPAL: 100_000,
  }),
  issueRequest,
  issue: { path: issuePath, headers: { 'X-VX11-Token': TOKEN } },
  // Only the bench's own events, so that every delivery can be accounted for.
  streamPath: '/operator/api/events/stream?type=bench.tick',
  topicPath: '/operator/api/events/stream?type=bench.tick&module=m{n}',
  publishHead: post(
    '/operator/api/events',
    `X-VX11-Token: ${TOKEN}`,
    'Content-Type: application/cloudevents-batch+json',
  ),
};

/** operator-backend as another work tree has built it. */
export const oursAt = (tree) => ({
  ...ours,
  name: `operator-backend of ${path.basename(tree)}`,
  entry: path.join(tree, 'dist/operator-backend.js'),
});

/** A stream and its token on bare node:http. */
export const bareStream = {
  name: 'bare node:http stream',
  entry: path.join(root, 'bench/baseline/bare-stream.mjs'),
  readyPath: '/',
  env: (port) => ({ PORT: port, TOKEN }),
  issueRequest,
  streamPath: '/stream',
};

/**
 * tentaculo-link in front of the `ours` on `backend`, with its defaults, but that one address may
 * open all streams. `workers` 0: as many processes as it takes by itself.
 */
export const gateway = (backend, workers) => ({
  name: 'tentaculo-link',
  entry: path.join(root, 'dist/tentaculo-link.js'),
  readyPath: '/readyz',
  env: (port) => ({
    VX11_GATEWAY_PORT: port,
    VX11_GATEWAY_METRICS_PORT: 0,
    VX11_GATEWAY_WORKERS: workers,
    VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: 0,
    VX11_BACKEND_URLS: `http://127.0.0.1:${backend}`,
    VX11_OPERATOR_TOKEN: TOKEN,
    VX11_HOP_KEYS: HOP_KEYS,
    VX11_DRAIN_SECONDS: 1,
  }),
});

/** Issuing on bare node:http, answering with the headers that `ours` answers with. */
export const bareHttp = (headers) => ({
  name: 'bare node:http',
  entry: path.join(root, 'bench/baseline/bare-http.mjs'),
  readyPath: '/',
  env: (port) => ({ PORT: port, TOKEN, HEADERS: JSON.stringify(headers) }),
  issueRequest,
});

/** Fan-out as Nest's documentation shows it. */
export const stockSse = {
  name: 'stock Nest @Sse',
  entry: path.join(root, 'bench/.build/stock-nest-sse/main.js'),
  readyPath: '/ready',
  env: (port) => ({ PORT: port }),
  streamPath: '/stream',
  publishHead: post('/publish', 'Content-Type: application/json'),
};

/**
 * The headers of an issuing answer that the baseline has to send too: all but those that differ
 * from answer to answer or that Node adds by itself.
 */
export async function issuingHeaders(server) {
  const response = await fetch(`http://127.0.0.1:${server.port}${issuePath}`, {
    method: 'POST',
    headers: ours.issue.headers,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`Issuing answered ${response.status}`);
  const own = ['connection', 'content-length', 'date', 'keep-alive', 'x-correlation-id'];
  return Object.fromEntries([...response.headers].filter(([name]) => !own.includes(name)));
}
