import { Agent } from 'node:http';
import { rmSync } from 'node:fs';
import { newDataDir } from '../support/backend.js';
import { ask } from '../support/http.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { Frame, StreamReader } from '../support/stream-reader.js';

const STREAMS = 1_000;
const DRAIN_SECONDS = 10;

describe(`SIGTERM with ${STREAMS} open streams`, () => {
  const dataDir = newDataDir();
  const browsers = new Agent({ keepAlive: true });
  let backend: BackendProcess;
  let readers: StreamReader[];
  let goodbyes: Frame[];
  let ends: string[];
  let exit: Awaited<BackendProcess['exited']>;
  let tookMs: number;
  let meanwhile: Record<
    'stream' | 'ready' | 'health' | 'live' | 'issue',
    Awaited<ReturnType<typeof ask>>
  >;

  beforeAll(async () => {
    await build();
    backend = await spawnBackend({
      VX11_DATA_DIR: dataDir,
      VX11_DRAIN_SECONDS: String(DRAIN_SECONDS),
    });
    const { caller, url } = backend;
    const token = await caller.issue();
    readers = [];
    for (let opened = 0; opened < STREAMS; opened += 100) {
      readers.push(
        ...(await Promise.all(
          // Half of them keep their connection afterwards, as browsers do.
          Array.from({ length: 100 }, (_, index) =>
            caller.stream({ token, ...(index % 2 === 0 ? { agent: browsers } : {}) }),
          ),
        )),
      );
    }
    await Promise.all(readers.map((reader) => reader.named('snapshot')));
    const late = await caller.issue();
    const farewells = readers.map((reader) => reader.named('goodbye'));
    const from = performance.now();
    const ended = backend.end('SIGTERM');
    await Promise.race(farewells);
    const [stream, ready, health, live, issue] = await Promise.all([
      ask(url, `/operator/api/events/stream?token=${late}`),
      ask(url, '/readyz'),
      ask(url, '/health'),
      ask(url, '/livez'),
      caller.api('/events/sse-token', { method: 'POST', issuing: true }),
    ]);
    meanwhile = { stream, ready, health, live, issue };
    goodbyes = await Promise.all(farewells);
    ends = await Promise.all(readers.map((reader) => reader.ended));
    exit = await ended;
    tookMs = performance.now() - from;
  }, 120_000);

  afterAll(() => {
    browsers.destroy();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('says goodbye to every stream, reason draining', () => {
    expect(goodbyes).toHaveLength(STREAMS);
    for (const { data } of goodbyes) {
      expect(data).toEqual({ reason: 'draining', reconnect: true, retry_ms: expect.any(Number) });
    }
  });

  it('spreads their return: every retry_ms is different', () => {
    expect(new Set(goodbyes.map(({ data }) => data.retry_ms)).size).toBe(STREAMS);
  });

  it('resets no connection: every stream ends cleanly', () => {
    expect(ends.filter((end) => end !== 'clean')).toEqual([]);
  });

  it('exits with code 0 inside the drain window, also with connections that clients keep', () => {
    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(DRAIN_SECONDS * 1000);
  });

  it('refuses new streams meanwhile with 503 draining and Retry-After', () => {
    expect(meanwhile.stream).toMatchObject({ status: 503, json: { code: 'draining' } });
    expect(Number(meanwhile.stream.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('is not ready meanwhile, and alive', () => {
    expect(meanwhile.ready).toMatchObject({ status: 503, json: { code: 'draining' } });
    expect(meanwhile.health.status).toBe(503);
    expect(meanwhile.live.status).toBe(200);
  });

  it('still issues tokens meanwhile, for the instance that comes next may know them', () => {
    expect(meanwhile.issue.status).toBe(200);
  });

  it('tells the log that it drains, and writes no error', () => {
    const lines = backend.output.map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'stopped' });
    const errors = lines.filter(({ level, status }) => status !== 503 && /error|fatal/.test(level));
    expect(errors).toEqual([]);
  });
});

describe('SIGHUP, as of a terminal that closes', () => {
  it('ends the streams with goodbye and the process with 0, as SIGTERM does', async () => {
    const dataDir = newDataDir();
    const backend = await spawnBackend({ VX11_DATA_DIR: dataDir, VX11_DRAIN_SECONDS: '1' });
    const stream = await backend.caller.stream();
    await stream.named('snapshot');
    const ended = backend.end('SIGHUP');
    expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'draining' });
    expect(await stream.ended).toBe('clean');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(backend.output.at(-1)).toContain('"message":"stopped"');
    rmSync(dataDir, { recursive: true, force: true });
  });
});

describe('SIGTERM while somebody asks for readiness, as a gateway does', () => {
  it('says no, and goes on serving until that was heard', async () => {
    const dataDir = newDataDir();
    const backend = await spawnBackend({
      VX11_DATA_DIR: dataDir,
      VX11_DRAIN_SECONDS: String(DRAIN_SECONDS),
    });
    const { caller, url } = backend;
    expect((await ask(url, '/readyz')).status).toBe(200);
    const ended = backend.end('SIGTERM');
    while ((await ask(url, '/readyz')).status === 200);
    const stream = await caller.stream({ token: await caller.issue() });
    expect(stream.status).toBe(200);
    expect((await stream.named('goodbye')).data).toMatchObject({ reason: 'draining' });
    expect(await ended).toEqual({ code: 0, signal: null });
    rmSync(dataDir, { recursive: true, force: true });
  });
});

itLeaksNoToken();
