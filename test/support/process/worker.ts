import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawnTracked } from './child.ts';

/** What a worker process does, by name. */
export type Commands = Record<string, (args: never) => unknown>;

interface Question {
  readonly id: number;
  readonly command: string;
  readonly args: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * The worker's half: answers the parent's questions for as long as the parent lives.
 * @param commands as `Commands`; any object, so that plain JavaScript need not declare its arguments
 */
export function serve(commands: object): void {
  process.on('message', ({ id, command, args }: Question) => {
    const work = async () => {
      const handler = (commands as Commands)[command];
      if (!handler) throw new Error(`this worker has no command ${command}`);
      return handler(args as never);
    };
    work().then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: Error) => process.send?.({ id, error: error.stack ?? error.message }),
    );
  });
  process.once('disconnect', () => process.exit());
}

export interface WorkerOptions {
  /** What stands before the program on the command line, such as `taskset -c 1`. */
  readonly before?: readonly string[];
  /** Options of Node. */
  readonly nodeArgs?: readonly string[];
}

/** A process of our own that runs a file with `serve`. Its output goes to ours. */
export class Worker<C extends Commands = Commands> {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #child: ChildProcess;
  #last = 0;

  constructor(file: URL, { before = [], nodeArgs = [] }: WorkerOptions = {}) {
    const command = [...before, process.execPath, ...nodeArgs, fileURLToPath(file)];
    const [program = '', ...args] = command;
    this.#child = spawnTracked(program, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // NaN and sets of bits travel as they are.
      serialization: 'advanced',
    });
    this.#child.on('message', (message) => this.#take(message as Answer));
    this.#child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`a worker ended with ${signal ?? code}`));
      }
      this.#waiting.clear();
    });
  }

  /** @throws Error with the stack of what the command threw */
  ask<K extends keyof C & string>(
    command: K,
    args?: Parameters<C[K]>[0],
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const waiting = Promise.withResolvers<unknown>();
    this.#last += 1;
    this.#waiting.set(this.#last, waiting);
    this.#child.send({ id: this.#last, command, args: args ?? {} } satisfies Question);
    return waiting.promise as Promise<Awaited<ReturnType<C[K]>>>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #take({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }
}
