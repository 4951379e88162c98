import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROBLEMS } from '../../../src/kernel/problem.js';
import { sha256 } from '../../../src/kernel/ids.js';
import { seeded } from '../../chaos/random.js';
import { freePort } from '../../support/process/ports.ts';
import { ServerProcess } from '../../support/process/server-process.ts';
import { SecretHunt } from '../../support/secrets.js';
import { makeRequest, type FuzzRequest, type Known } from './requests.js';

const AT_ONCE = 48;
/** What is remembered of answers, to be sent again. */
const MOST_SEEN = 500;
const ANSWER_MS = 60_000;
/** Bytes of a stream that are read before its client leaves. */
const STREAM_BYTES = 2_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const REUSABLE =
  /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{13}-\d+|\b[a-z]_[\w-]{16}\b/g;

export interface Violation {
  readonly what: string;
  readonly request?: FuzzRequest;
}

export interface FuzzReport {
  requests: number;
  readonly statuses: Record<string, number>;
  /** Codes of the answers with 5xx. */
  readonly unavailable: Record<string, number>;
  readonly violations: Violation[];
  /** Longest stall of an event loop that the processes reported, milliseconds. */
  longestStallMs: number;
}

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
}

const secret = () => randomBytes(24).toString('base64url');

/** A gateway and an operator-backend of its own, with three principals. */
async function startSystem(directory: string) {
  const principals = { admin: secret(), ana: secret(), publisher: secret() };
  const scopes = {
    admin: ['events:read', 'events:publish', 'streams:admin', 'audit:read'],
    ana: ['events:read'],
    publisher: ['events:publish'],
  };
  const file = join(directory, 'principals.json');
  const rows = Object.entries(principals).map(([id, token]) => ({
    id,
    tokenSha256: sha256(token),
    scopes: scopes[id as keyof typeof scopes],
  }));
  writeFileSync(file, JSON.stringify(rows), { mode: 0o600 });
  const shared = {
    VX11_PRINCIPALS_FILE: file,
    VX11_HOP_KEYS: secret() + secret(),
    VX11_LOG_LEVEL: 'info',
    VX11_FAILURES_PER_ADDRESS: '0',
    VX11_ADMIN_RATE_LIMIT: '0',
    VX11_ADMIN_RATE_LIMIT_PER_ADDRESS: '0',
  };
  const logs = [join(directory, 'backend.log'), join(directory, 'gateway.log')] as const;
  const backend = new ServerProcess({
    entry: '.cache/run/operator-backend.js',
    portVariable: 'VX11_BACKEND_PORT',
    port: await freePort(),
    logFile: logs[0],
    env: { ...shared, VX11_DATA_DIR: join(directory, 'backend') },
  });
  await backend.run().ready();
  const gateway = new ServerProcess({
    entry: '.cache/run/tentaculo-link.js',
    portVariable: 'VX11_GATEWAY_PORT',
    port: await freePort(),
    logFile: logs[1],
    env: {
      ...shared,
      VX11_DATA_DIR: join(directory, 'gateway'),
      VX11_BACKEND_URLS: backend.url,
      VX11_GATEWAY_METRICS_PORT: '0',
      VX11_GATEWAY_WORKERS: '1',
      VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '0',
    },
  });
  await gateway.run().ready();
  return { backend, gateway, principals, logs };
}

function ask(
  url: string,
  agent: Agent,
  { method, path, headers, body }: FuzzRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const req = send(
      { hostname, port, agent, method, path, headers, timeout: ANSWER_MS },
      (res) => {
        let text = '';
        const done = () =>
          resolve({
            status: res.statusCode ?? 0,
            headers: res.rawHeaders.join('\n'),
            text,
          });
        const isStream = res.headers['content-type']?.startsWith('text/event-stream') === true;
        res.setEncoding('utf8');
        res.on('data', (part: string) => {
          text += part;
          if (!isStream || text.length < STREAM_BYTES) return;
          done();
          res.destroy();
        });
        if (isStream) {
          // The snapshot may be short: the client leaves soon in any case.
          setTimeout(() => {
            done();
            res.destroy();
          }, 20).unref();
        }
        res.on('end', done);
        res.on('error', done);
      },
    );
    req.on('timeout', () => req.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    req.on('error', reject);
    if (body !== undefined) req.setHeader('content-length', Buffer.byteLength(body));
    req.end(body);
  });
}

/** The operations that the product describes itself. */
async function operationsOf(url: string): Promise<Known['operations']> {
  const { paths } = (await (await fetch(`${url}/docs-json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );
}

/**
 * Sends made-up requests to a system of processes, through its gateway and past it. A
 * violation is: an answer with 5xx that the table of problems does not have, a process that
 * ends, a request without an answer, and a token in an answer or a log.
 */
export async function fuzzApi(
  goal: { readonly seed: number; readonly requests: number },
  progress?: (report: FuzzReport) => void,
): Promise<FuzzReport> {
  const directory = mkdtempSync(join(tmpdir(), 'vx11-fuzz-'));
  const system = await startSystem(directory);
  const { backend, gateway, principals, logs } = system;
  const report: FuzzReport = {
    requests: 0,
    statuses: {},
    unavailable: {},
    violations: [],
    longestStallMs: 0,
  };
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const random = seeded(goal.seed);
  const seen: string[] = [];
  const issued = new Set<string>();
  const known = {
    operations: (await operationsOf(backend.url)).filter(([, path]) => path !== '/metrics'),
    // Mostly the one that may do everything.
    principals: [principals.admin, ...Object.values(principals), principals.admin],
    seen,
  };
  const add = (counts: Record<string, number>, name: string) =>
    (counts[name] = (counts[name] ?? 0) + 1);

  const judge = (url: string, request: FuzzRequest, { status, headers, text }: Answer) => {
    add(report.statuses, String(status));
    if (status >= 500) {
      // The answer to HEAD has no body to say which.
      const { code } = request.method === 'HEAD' ? { code: 'HEAD' } : parsed(text);
      add(report.unavailable, code);
      const documented = PROBLEMS[code as keyof typeof PROBLEMS]?.[0] ?? 503;
      if (code === 'internal_error' || documented !== status || code.startsWith('no problem')) {
        report.violations.push({ what: `${status} ${text.slice(0, 300)}`, request });
      }
    }
    const isIssuing =
      status === 200 && request.path.split('?', 1)[0]?.endsWith('sse-token') === true;
    if (isIssuing) for (const [uuid] of text.matchAll(UUID)) issued.add(uuid);
    const out = isIssuing ? headers : `${headers}\n${text}`;
    for (const token of known.principals) {
      if (out.includes(token))
        report.violations.push({
          what: `a principal token in an answer: ${out.slice(Math.max(0, out.indexOf(token) - 200), out.indexOf(token))}`,
          request,
        });
    }
    // The gateway knows no ephemeral tokens: what it answers by itself returns the sender's own id.
    const own = url === gateway.url ? request.headers['x-correlation-id'] : undefined;
    for (const [uuid] of out.matchAll(UUID)) {
      if (issued.has(uuid) && own?.includes(uuid) !== true) {
        report.violations.push({ what: 'an ephemeral token in an answer', request });
      }
    }
    if (random() < 0.05) {
      for (const [found] of text.matchAll(REUSABLE)) {
        if (seen.length < MOST_SEEN) seen.push(found);
        else seen[Math.floor(random() * MOST_SEEN)] = found;
      }
    }
  };

  const look = async () => {
    const text = await (await fetch(`${backend.url}/metrics`)).text();
    const seconds = /^nodejs_eventloop_lag_max_seconds ([\d.e-]+)/m.exec(text)?.[1];
    report.longestStallMs = Math.max(report.longestStallMs, Number(seconds ?? 0) * 1000);
  };
  // The first look takes the stalls of the start away.
  await look();
  report.longestStallMs = 0;
  const watching = setInterval(() => {
    look().catch((error: unknown) => report.violations.push({ what: `metrics: ${String(error)}` }));
    progress?.(report);
  }, 2_000);

  const worker = async () => {
    while (report.requests < goal.requests && report.violations.length < 20) {
      report.requests += 1;
      const request = makeRequest(random, known);
      const url = random() < 0.7 ? gateway.url : backend.url;
      try {
        judge(url, request, await ask(url, agent, request));
      } catch (error) {
        // A server may close a kept-alive connection just when a request begins on it.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ECONNRESET' && code !== 'EPIPE') {
          report.violations.push({ what: String(error), request });
        } else add(report.statuses, code);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await look();
    for (const one of [backend, gateway]) {
      const { status } = await fetch(`${one.url}/readyz`);
      if (status !== 200) report.violations.push({ what: `${one.name} is not ready: ${status}` });
      for (const crash of one.crashes) report.violations.push({ what: crash });
    }
  } finally {
    clearInterval(watching);
    agent.destroy();
    await Promise.all([backend.end('SIGTERM'), gateway.end('SIGTERM')]);
  }
  const hunt = new SecretHunt();
  for (const token of known.principals) hunt.remember(token, 'principal');
  for (const token of issued) hunt.remember(token, 'ephemeral');
  for (const file of logs) hunt.witness(file, readFileSync(file, 'utf8'));
  for (const leak of new Set(hunt.leaks())) {
    report.violations.push({
      what: `${leak}:\n${logs.map((file) => linesWith(file, known.principals, issued)).join('')}`,
    });
  }
  rmSync(directory, { recursive: true, force: true });
  return report;
}

/** At most three lines of a file that hold one of the tokens; they are of no use once the processes have ended. */
function linesWith(
  file: string,
  principals: readonly string[],
  issued: ReadonlySet<string>,
): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const found = lines.filter(
    (line) =>
      principals.some((token) => line.includes(token)) ||
      [...line.matchAll(UUID)].some(([uuid]) => issued.has(uuid)),
  );
  return found
    .slice(0, 3)
    .map((line) => `  ${line.slice(0, 2_000)}\n`)
    .join('');
}

function parsed(text: string): { code: string } {
  try {
    return { code: String((JSON.parse(text) as { code?: unknown }).code) };
  } catch {
    return { code: `no problem: ${text.slice(0, 60)}` };
  }
}
