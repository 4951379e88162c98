import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOP_KEY } from '../support/hop-key.ts';
import { freePort } from '../support/process/ports.ts';
import { ServerProcess } from '../support/process/server-process.ts';
import { writePrincipals } from '../support/principals.js';
import type { Topology } from './topology.js';

const SCOPES = ['events:read', 'events:publish', 'streams:admin', 'audit:read'];

export interface SystemOptions {
  readonly instances: number;
  readonly gateway?: boolean;
  /** Further settings of the instances. */
  readonly env?: Readonly<Record<string, string>>;
}

/** operator-backend's instances and the gateway, each a process of its own. */
export class System {
  readonly backends: ServerProcess[] = [];
  private front: ServerProcess | undefined;

  private constructor(
    readonly topology: Topology,
    /** Logs of the processes, and what they keep; left behind when something failed. */
    readonly directory: string,
    /** Of a principal with all scopes. */
    readonly token: string,
  ) {}

  /** Resolves when all of them are ready. */
  static async start(
    topology: Topology,
    { instances, gateway = true, env = {} }: SystemOptions,
  ): Promise<System> {
    const directory = mkdtempSync(join(tmpdir(), 'vx11-chaos-'));
    const { file, tokens } = writePrincipals(directory, [{ id: 'chaos', scopes: SCOPES }]);
    const system = new System(topology, directory, tokens.chaos);
    const keys = { VX11_TOKEN_KEYS: randomBytes(32).toString('base64url') };
    const shared = { VX11_PRINCIPALS_FILE: file, VX11_HOP_KEYS: HOP_KEY, ...env };
    for (let index = 0; index < instances; index += 1) {
      await system.addBackend(index, { ...shared, ...keys, ...topology.env(index) });
    }
    if (gateway) await system.addGateway(shared);
    const all = system.processes;
    for (const one of all) one.run();
    await Promise.all(all.map((one) => one.ready()));
    return system;
  }

  get gateway(): ServerProcess {
    if (!this.front) throw new Error('this system has no gateway');
    return this.front;
  }

  get url(): string {
    return this.gateway.url;
  }

  get processes(): ServerProcess[] {
    return [...this.backends, ...(this.front ? [this.front] : [])];
  }

  /** What ended although nobody asked it to. */
  get crashes(): string[] {
    return this.processes.flatMap(({ crashes }) => crashes);
  }

  /** The sum of a metric's values over all instances, of those rows that hold the text. */
  async metric(name: string, containing = ''): Promise<number> {
    const texts = await Promise.all(
      this.backends.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    return texts.reduce((sum, text) => sum + sumOf(text, name, containing), 0);
  }

  async stop({ keepDirectory }: { keepDirectory: boolean }): Promise<void> {
    await Promise.all(this.processes.map((one) => one.end('SIGKILL')));
    await this.topology.stop();
    if (!keepDirectory) rmSync(this.directory, { recursive: true, force: true });
  }

  private async addBackend(index: number, env: Record<string, string>): Promise<void> {
    const port = await freePort();
    const dataDir = join(this.directory, `backend-${index}`);
    mkdirSync(dataDir);
    this.backends.push(
      new ServerProcess({
        name: `backend ${index}`,
        entry: '.cache/run/operator-backend.js',
        portVariable: 'VX11_BACKEND_PORT',
        port,
        nodeArgs: ['--enable-source-maps'],
        env: { ...env, VX11_DATA_DIR: dataDir },
        logFile: join(this.directory, `backend-${index}.log`),
      }),
    );
  }

  private async addGateway(env: Record<string, string>): Promise<void> {
    const port = await freePort();
    const metricsPort = await freePort();
    this.front = new ServerProcess({
      name: 'gateway',
      entry: '.cache/run/tentaculo-link.js',
      portVariable: 'VX11_GATEWAY_PORT',
      port,
      nodeArgs: ['--enable-source-maps'],
      env: {
        ...env,
        VX11_GATEWAY_METRICS_PORT: String(metricsPort),
        VX11_BACKEND_URLS: this.backends.map(({ url }) => url).join(','),
        VX11_GATEWAY_CONNECTIONS: '20000',
        VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '0',
        VX11_GATEWAY_WORKERS: '1',
      },
      logFile: join(this.directory, 'gateway.log'),
    });
    this.metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  }

  private metricsUrl = '';

  /** Of the gateway, by status: how many requests it has answered with 5xx. */
  async failedRequests(): Promise<number> {
    const text = await (await fetch(this.metricsUrl)).text();
    return sumOf(text, 'vx11_http_requests_total', 'status="5');
  }
}

function sumOf(text: string, name: string, containing: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && line.includes(containing))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
