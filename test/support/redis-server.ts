import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type RedisServerSettings = Readonly<Record<string, string | readonly string[]>>;

export interface RedisServerOptions {
  /** As on the command line of redis-server: `{ appendonly: 'yes' }`; a list for several words. */
  readonly settings?: RedisServerSettings;
  /** TCP port; a free one unless given. */
  readonly port?: number;
}

/** A real redis-server of the test's own, on a free port, with a directory of its own. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly directory: string,
    private readonly args: readonly string[],
  ) {}

  static async start({ settings = {}, port }: RedisServerOptions = {}): Promise<RedisServer> {
    const chosen = port ?? (await freePort());
    const directory = mkdtempSync(join(tmpdir(), 'vx11-redis-'));
    const all = {
      bind: '127.0.0.1',
      port: String(chosen),
      dir: directory,
      save: '',
      appendonly: 'no',
      ...settings,
    };
    const server = new RedisServer(
      chosen,
      directory,
      Object.entries(all).flatMap(([name, value]) => [`--${name}`, value].flat()),
    );
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('redis-server is not running');
    return this.child.pid;
  }

  /** Starts it again, on the same port and with whatever its directory holds. */
  async run(): Promise<void> {
    const child = spawn('redis-server', this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server ended:\n${said.join('\n')}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        said.push(line);
        if (/Ready to accept connections/.test(line)) resolve();
      });
    });
    child.removeAllListeners('exit');
  }

  /** Ends it; its directory stays. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A stopped process takes no other signal.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await exited;
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A port that nobody has just now; below those that a cluster's own bus would need to exceed. */
export async function freePort(most = 55_000): Promise<number> {
  for (;;) {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    if (port <= most) return port;
  }
}
