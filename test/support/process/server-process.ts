import { join } from 'node:path';
import { answers, Child, type Exit } from './child.ts';

const ROOT = join(import.meta.dirname, '../../..');
const READY_MS = 60_000;
const LISTENING = /"url":"(https?:\/\/[^/"]+).*"message":"listening"/;

export interface ServerProgram {
  readonly name?: string;
  /** Relative to the project: `.cache/run/operator-backend.js`. */
  readonly entry: string;
  readonly portVariable: string;
  /** Absent: a free one, which stays the same from the first start on. */
  readonly port?: number;
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes; each start adds to it. Absent: it is kept in `lines`. */
  readonly logFile?: string;
  /** Options of Node. */
  readonly nodeArgs?: readonly string[];
  /** Arguments of the program itself. */
  readonly args?: readonly string[];
  /** Called at the end of each run with what it wrote. */
  readonly onEnd?: (lines: readonly string[]) => void;
}

/** A built server of ours as a process of its own, which can be killed and started again. */
export class ServerProcess {
  /** Ends that nobody asked for. */
  readonly crashes: string[] = [];
  readonly name: string;
  readonly #program: ServerProgram;
  #port: number;
  #child: Child | undefined;
  #isWanted = false;

  constructor(program: ServerProgram) {
    this.#program = program;
    this.#port = program.port ?? 0;
    this.name = program.name ?? program.entry;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** The present run, or the last one. */
  get child(): Child {
    if (!this.#child) throw new Error(`${this.name} was never started`);
    return this.#child;
  }

  /** Starts it, without waiting. @throws Error when it still runs: nobody would end the other one */
  run(): this {
    if (this.#child && !this.#child.hasEnded) throw new Error(`${this.name} still runs`);
    const { entry, portVariable, env, logFile, nodeArgs = [], args = [], onEnd } = this.#program;
    const child = new Child({
      name: this.name,
      args: [...nodeArgs, entry, ...args],
      cwd: ROOT,
      env: { NODE_ENV: 'production', [portVariable]: String(this.#port), ...env },
      output: logFile === undefined ? 'lines' : { file: logFile },
    });
    this.#child = child;
    this.#isWanted = true;
    const ended = ({ code, signal }: Exit) => {
      onEnd?.(child.lines);
      if (this.#isWanted && this.#child === child) {
        this.crashes.push(`${this.name} ended by itself with ${signal ?? code}`);
      }
    };
    child.exited.then(ended, (error: unknown) => this.crashes.push(String(error)));
    return this;
  }

  /** Starts it; resolves when it logs that it listens. */
  async start(): Promise<this> {
    const [, url = ''] = await this.run().child.line(LISTENING);
    this.#port = Number(new URL(url).port);
    return this;
  }

  /** Resolves when it answers 200 at this path. */
  async ready(path = '/readyz', patienceMs = READY_MS): Promise<void> {
    await this.child.until(() => answers(this.url + path), patienceMs);
  }

  /** Sends the signal and waits for the end; an end that comes now is no crash. */
  async end(signal: NodeJS.Signals = 'SIGTERM', graceMs?: number): Promise<Exit | undefined> {
    this.#isWanted = false;
    return this.#child?.end(signal, graceMs);
  }

  pause(): void {
    this.#child?.pause();
  }

  resume(): void {
    this.#child?.resume();
  }
}
