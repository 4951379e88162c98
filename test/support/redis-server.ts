import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './process/child.ts';
import { freePort } from './process/ports.ts';

export type RedisServerSettings = Readonly<Record<string, string | readonly string[]>>;

export interface RedisServerOptions {
  /** As on the command line of redis-server: `{ appendonly: 'yes' }`; a list for several words. */
  readonly settings?: RedisServerSettings;
  /** TCP port; a free one unless given. */
  readonly port?: number;
}

/** A real redis-server of the test's own, on a free port, with a directory of its own. */
export class RedisServer {
  private child: Child | undefined;

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
    return this.running.pid;
  }

  /** Starts it again, on the same port and with whatever its directory holds. */
  async run(): Promise<void> {
    this.child = new Child({ name: 'redis-server', command: 'redis-server', args: this.args });
    await this.child.line(/Ready to accept connections/);
  }

  /** Ends it; its directory stays. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.child?.end(signal);
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void {
    this.running.pause();
  }

  resume(): void {
    this.running.resume();
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get running(): Child {
    if (!this.child) throw new Error('redis-server is not running');
    return this.child;
  }
}
