import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newPrincipalToken } from '../support/backend.js';
import { ask } from '../support/http.js';
import { build } from '../support/process.js';
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
  readonly lines: Line[] = [];
  readonly exited: Promise<number | null>;
  private wake = () => {};

  private constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on('line', (text) => {
        witness("the gateway's output", text);
        this.lines.push(JSON.parse(text) as Line);
        this.wake();
      });
    }
    this.exited = once(child, 'close').then(([code]) => {
      this.wake();
      return code as number | null;
    });
  }

  /** @param files hard limit of open files; absent: as it is here */
  static start(env: Record<string, string>, files?: number): GatewayProcess {
    const limit = files === undefined ? '' : `ulimit -n ${files}; `;
    const entry = join(__dirname, '../../dist/tentaculo-link.js');
    const child = spawn('sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, entry], {
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        VX11_GATEWAY_PORT: '0',
        VX11_GATEWAY_METRICS_PORT: '0',
        VX11_OPERATOR_TOKEN: remember(newPrincipalToken(), 'principal'),
        VX11_DRAIN_SECONDS: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new GatewayProcess(child);
  }

  /** The first `count` lines with this message. */
  async says(message: RegExp, count = 1): Promise<Line[]> {
    for (;;) {
      const found = this.lines.filter((line) => message.test(line.message));
      if (found.length >= count) return found;
      if (this.child.exitCode !== null) throw new Error(JSON.stringify(this.lines));
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
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
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.splice(0).map(({ exited }) => exited));
  });

  afterAll(() => service.close());

  function start(env: Record<string, string> = {}, files?: number): GatewayProcess {
    const gateway = GatewayProcess.start({ VX11_BACKEND_URLS: service.url, ...env }, files);
    started.push(gateway);
    return gateway;
  }

  async function urlOf(gateway: GatewayProcess, workers: number): Promise<string> {
    return (await gateway.says(/^listening$/, workers))[0]!.url!;
  }

  it('share one port, and all stop in an orderly way', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const open = await Promise.all(
      Array.from({ length: 4 }, () => StreamReader.open(url, '/operator/api/events/stream')),
    );
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [metrics] = await gateway.says(/^serving metrics$/);
    const { origin } = new URL(metrics!.url!);
    // Two by each of them.
    expect((await ask(origin, '/metrics')).text).toMatch(/^vx11_gateway_streams_active 4$/m);
    expect((await ask(origin, '/operator/api/health')).status).toBe(404);
    gateway.child.kill('SIGTERM');
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(Array(4).fill('clean'));
    expect(await gateway.exited).toBe(0);
    expect(await gateway.says(/^stopped$/, 3)).toHaveLength(3);
    await expect(ask(url, '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('are replaced when they crash, and the others go on', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const [first] = await workersOf(gateway);
    process.kill(first!, 'SIGKILL');
    await gateway.says(/^a process of the gateway has ended/);
    expect((await ask(url, '/livez')).status).toBe(200);
    await gateway.says(/^listening$/, 3);
    expect(await workersOf(gateway)).toHaveLength(2);
  });

  it('leave nobody behind when the first of them is killed', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '2' });
    const url = await urlOf(gateway, 2);
    const stream = await StreamReader.open(url, '/operator/api/events/stream');
    gateway.child.kill('SIGKILL');
    await stream.ended;
    await gateway.exited;
    await expect(ask(url, '/livez')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('say how many connections the limit on open files allows, where it is too low', async () => {
    const gateway = start({ VX11_GATEWAY_WORKERS: '1' }, 1_024);
    const [warning] = await gateway.says(/^The limit of 1024 open files/);
    expect(warning).toMatchObject({ level: 'warn', carries: 384, wanted: 12_000 });
    await urlOf(gateway, 1);
  });

  it('say nothing of it where the limit is enough', async () => {
    const gateway = start({ VX11_GATEWAY_CONNECTIONS: '100' }, 1_024);
    await urlOf(gateway, 1);
    expect(gateway.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

/** The processes that the first one has started: `sh` has become it. */
async function workersOf({ child }: GatewayProcess): Promise<number[]> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

itLeaksNoToken();
