import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a worker process can be asked for, by name. */
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

/** Answers the parent's questions for as long as it lives. */
export function serve(commands: Commands): void {
  process.on('message', ({ id, command, args }: Question) => {
    const work = async () => commands[command]?.(args as never);
    work().then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
    );
  });
  process.once('disconnect', () => process.exit());
}

/** A process of our own that runs a file with `serve`. */
export class Worker<C extends Commands> {
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private last = 0;
  private readonly child: ChildProcess;

  constructor(file: URL) {
    const typescript = new URL('../support/typescript.mjs', import.meta.url).href;
    this.child = fork(fileURLToPath(file), {
      execArgv: ['--import', typescript],
      // Sets of bits travel as they are.
      serialization: 'advanced',
    });
    this.child.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.child.once('exit', (code) => {
      for (const { reject } of this.waiting.values()) {
        reject(new Error(`a worker ended with ${code}`));
      }
    });
  }

  ask<K extends keyof C & string>(
    command: K,
    args: Parameters<C[K]>[0],
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const waiting = Promise.withResolvers<unknown>();
    this.last += 1;
    this.waiting.set(this.last, waiting);
    this.child.send({ id: this.last, command, args } satisfies Question);
    return waiting.promise as Promise<Awaited<ReturnType<C[K]>>>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
