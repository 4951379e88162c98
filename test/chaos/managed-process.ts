import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
const POLL_MS = 100;
const START_MS = 60_000;

export interface Program {
  readonly name: string;
  /** Built, relative to the project. */
  readonly entry: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes; each start adds to it. */
  readonly logFile: string;
}

/** A process of the product that can be killed, stopped and started again on its port. */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  /** Signals on the way of which it ended by itself are faults of the product. */
  private wanted = false;
  readonly crashes: string[] = [];

  constructor(private readonly program: Program) {}

  get name(): string {
    return this.program.name;
  }

  get url(): string {
    return this.program.url;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.name} is not running`);
    return this.child.pid;
  }

  start(): void {
    const { entry, env, logFile, name } = this.program;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', entry], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    this.wanted = true;
    child.once('exit', (code, signal) => {
      if (this.wanted) this.crashes.push(`${name} ended by itself with ${signal ?? code}`);
    });
  }

  /** Sends the signal and waits for the end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    this.wanted = false;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A stopped process takes no other signal than SIGKILL.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await exited;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Resolves when it says that it is ready. */
  async ready(): Promise<void> {
    const late = performance.now() + START_MS;
    while (performance.now() < late) {
      const answer = await fetch(`${this.url}/readyz`, {
        signal: AbortSignal.timeout(2_000),
      }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await delay(POLL_MS);
    }
    throw new Error(`${this.name} is not ready; see ${this.program.logFile}`);
  }
}
