import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { HOP_KEY } from '../support/hop-key.js';
import { ask } from '../support/http.js';
import { build } from '../support/process.js';
import { Child } from '../support/process/child.ts';
import { itLeaksNoToken, remember, witness } from '../support/secrets.js';
import { startService, type Service } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';

interface Line {
  readonly message: string;
  readonly level: string;
  readonly worker?: number;
  readonly url?: string;
}

/** The built gateway, as it is started in production. */
class GatewayProcess {
  readonly exited: Promise<number | null>;

  private constructor(readonly child: Child) {
    this.exited = child.exited.then(({ code }) => {
      witness("the gateway's output", child.lines.join('\n'));
      return code;
    });
  }

  /** @param files hard limit of open files; absent: as it is here */
  static start(env: Record<string, string>, files?: number): GatewayProcess {
    const limit = files === undefined ? '' : `ulimit -n ${files}; `;
    const entry = join(__dirname, '../../.cache/run/tentaculo-link.js');
    const child = new Child({
      name: 'tentaculo-link',
      command: 'sh',
      args: ['-c', `${limit}exec "$0" "$1"`, process.execPath, entry],
      env: {
        NODE_ENV: 'production',
        VX11_GATEWAY_PORT: '0',
        VX11_GATEWAY_METRICS_PORT: '0',
        VX11_OPERATOR_TOKEN: remember(newPrincipalToken(), 'principal'),
        VX11_HOP_KEYS: HOP_KEY,
        VX11_DRAIN_SECONDS: '1',
        ...env,
      },
    });
    return new GatewayProcess(child);
  }

  get lines(): Line[] {
    return this.child.lines.map((line) => JSON.parse(line) as Line);
  }

  /** The first `count` lines that fit. */
  async says(line: RegExp, count = 1): Promise<Line[]> {
    const matches = await this.child.matches(line, count);
    return matches.map(({ input }) => JSON.parse(input) as Line);
  }
}

// Each of them starts several processes.
jest.setTimeout(60_000);

describe('the processes of the gateway', () => {
  let service: Service;
  const started: GatewayProcess[] = [];

  beforeAll(async () => {
    await build();
    service = await startService((req, res) => {
      if (!req.url.endsWith('/stream')) return void res.end('ok');
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': open\n\n');
    });
  }, 120_000);

  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ child }) => child.end('SIGKILL')));
  });

  afterAll(() => service.close());

  function start(env: Record<string, string> = {}, files?: number): GatewayProcess {
    const gateway = GatewayProcess.start({ VX11_BACKEND_URLS: service.url, ...env }, files);
    started.push(gateway);
    return gateway;
  }

  async function urlOf(gateway: GatewayProcess, workers: number): Promise<string> {
    return (await gateway.says(/"message":"listening"/, workers))[0]!.url!;
  }

  it('end with 78 when a file that they are given cannot be used', async () => {
    const file = join(newDataDir(), 'principals.json');
    await writeFile(file, '[{');
    const gateway = start({ VX11_GATEWAY_WORKERS: '2', VX11_PRINCIPALS_FILE: file });
    expect(await gateway.exited).toBe(78);
    expect(gateway.child.lines.join('\n')).toContain(`VX11_PRINCIPALS_FILE (${file}): is not JSON`);
  });

  it('share one port, and all stop in an orderly way', async () => {
    // Of a second, connections have a fifth: less than a busy machine may need for its streams.
    const gateway = start({ VX11_GATEWAY_WORKERS: '2', VX11_DRAIN_SECONDS: '5' });
    const url = await urlOf(gateway, 2);
    const open = await Promise.all(
      Array.from({ length: 4 }, () => StreamReader.open(url, '/operator/api/events/stream')),
    );
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [metrics] = await gateway.says(/"message":"serving metrics"/);
    const { origin } = new URL(metrics!.url!);
    expect((await ask(origin, '/metrics')).text).toMatch(/^vx11_gateway_streams_active 4$/m);
    expect((await ask(origin, '/operator/api/health')).status).toBe(404);
    gateway.child.signal('SIGTERM');
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(Array(4).fill('clean'));
    expect(await gateway.exited).toBe(0);
    expect(await gateway.says(/"message":"stopped"/, 3)).toHaveLength(3);
    await expect(ask(url, '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('keep what one of them has counted when it ends, and count once what they are', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const [serving] = await gateway.says(/"message":"serving metrics"/);
    const metrics = async () => (await ask(new URL(serving!.url!).origin, '/metrics')).text;
    const figure = (text: string, name: string) =>
      Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1]);
    const requests = 'vx11_http_requests_total';
    for (let n = 0; n < 40; n += 1) await ask(url, '/livez');
    const before = await metrics();
    expect(figure(before, requests)).toBe(40);
    expect(figure(before, 'vx11_build_info')).toBe(1);
    // One that does not answer takes the figures of the others with it no more than one that died.
    const [frozen, dying] = await workersOf(gateway);
    process.kill(frozen!, 'SIGSTOP');
    expect(figure(await metrics(), requests)).toBe(40);
    process.kill(frozen!, 'SIGCONT');
    process.kill(dying!, 'SIGKILL');
    await urlOf(gateway, 3);
    expect(figure(await metrics(), requests)).toBe(40);
    for (let n = 0; n < 5; n += 1) await ask(url, '/livez');
    expect(figure(await metrics(), requests)).toBe(45);
    expect(figure(await metrics(), 'vx11_http_request_duration_seconds_count')).toBe(45);
  });

  it('hold more waiting clients than one accept queue', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2', VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '0' });
    const port = Number(new URL(await urlOf(gateway, 2)).port);
    const queue = Number(await readFile('/proc/sys/net/core/somaxconn', 'utf8'));
    const all = [gateway.child.pid, ...(await workersOf(gateway))];
    const clients: Socket[] = [];
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    try {
      // Nobody accepts, so that each of them takes a place in a queue until its connection ends.
      for (const part of parts(Math.min(queue + 500, 9_000), 250)) {
        const more = Array.from({ length: part }, () => connect(port, '127.0.0.1'));
        clients.push(...more);
        await Promise.all(more.map((client) => once(client, 'connect')));
      }
    } finally {
      for (const pid of all) process.kill(pid, 'SIGCONT');
      for (const client of clients) client.destroy();
    }
    expect((await ask(`http://127.0.0.1:${port}`, '/livez')).status).toBe(200);
  });

  it('refuse a port that another server has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const gateway = start({ VX11_GATEWAY_WORKERS: '2', VX11_GATEWAY_PORT: String(port) });
    expect(await gateway.exited).toBe(1);
    expect(gateway.lines.map((line) => JSON.stringify(line)).join('')).toContain('EADDRINUSE');
    other.close();
  });

  it.each([
    ['crash', 'SIGKILL'],
    ['hang', 'SIGSTOP'],
  ] as const)('are replaced when they %s, and the others go on', async (_, signal) => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const [first] = await workersOf(gateway);
    // Before it has answered the primary for the first time.
    await gateway.says(/"message":"serving metrics"/);
    process.kill(first!, signal);
    await gateway.says(/"message":"a worker process of the gateway has ended/);
    expect((await ask(url, '/livez')).status).toBe(200);
    await gateway.says(/"message":"listening"/, 3);
    expect(await workersOf(gateway)).toHaveLength(2);
  });

  it('leave no hung process behind when they stop', async () => {
    const hangs = 'process.on("SIGUSR2", () => { process._rawDebug("hangs"); for (;;); });';
    const gateway = start({
      VX11_GATEWAY_WORKERS: '2',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hangs)}`,
    });
    await gateway.says(/"message":"serving metrics"/);
    const [first] = await workersOf(gateway);
    process.kill(first!, 'SIGUSR2');
    await gateway.child.line(/^hangs$/);
    gateway.child.signal('SIGTERM');
    expect(await gateway.exited).toBe(1);
    const isGone = async () => !existsSync(`/proc/${first}`);
    expect(await eventually(isGone, (gone) => gone)).toBe(true);
  });

  it('leave no process behind when the primary is killed', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const stream = await StreamReader.open(url, '/operator/api/events/stream');
    gateway.child.signal('SIGKILL');
    await stream.ended;
    await gateway.exited;
    // One that is just ending may still accept a connection, and resets it.
    const outcome = () =>
      ask(url, '/livez').then(
        () => 'an answer',
        ({ code }: NodeJS.ErrnoException) => code,
      );
    expect(await eventually(outcome, (code) => code === 'ECONNREFUSED')).toBe('ECONNREFUSED');
  });

  it('warn how many connections the limit on open files allows, when it is too low', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '1' }, 1_024);
    const [warning] = await gateway.says(/"message":"The limit of 1024 open files/);
    expect(warning).toMatchObject({ level: 'warn', carries: 384, wanted: 12_000 });
    await urlOf(gateway, 1);
  });

  it('do not warn when the limit is high enough', async () => {
    const gateway = start({ VX11_GATEWAY_CONNECTIONS: '100' }, 1_024);
    await urlOf(gateway, 1);
    expect(gateway.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

/** `total`, in parts of at most `size`. */
function parts(total: number, size: number): number[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, i) =>
    Math.min(size, total - i * size),
  );
}

/** The processes that the first one has started: `sh` has become it. */
async function workersOf({ child }: GatewayProcess): Promise<number[]> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

itLeaksNoToken();
