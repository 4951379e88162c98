import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/*
 * The one place that starts processes for tests, benches and scripts. Plain Node
 * loads this directory as it is, from scripts too: only syntax that type stripping
 * can remove, and `.ts` in the imports.
 */

const POLL_MS = 50;

/** How a process ended, as Node reports it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  /** In error messages. */
  readonly name: string;
  /** Found on PATH; this Node unless given. */
  readonly command?: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** All that it gets besides PATH, and the place where Node keeps compiled code. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output goes: kept line by line (by default), or appended to a file. */
  readonly output?: 'lines' | { readonly file: string };
}

const running = new Set<ChildProcess>();

/** No process outlives the one that started it, whatever ends that one. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `spawn`, with the promise that the process ends with this one. */
export function spawnTracked(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** One run of a program. */
export class Child {
  /** Everything on stdout and stderr, line by line. */
  readonly lines: string[] = [];
  /** Resolves when it has ended and its output is complete; rejects when it did not start. */
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor({ name, command = process.execPath, args, cwd, env = {}, output }: Program) {
    this.#name = name;
    const file = typeof output === 'object' ? openSync(output.file, 'a') : undefined;
    const out = file ?? 'pipe';
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    this.#child = spawnTracked(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        ...(PATH === undefined ? {} : { PATH }),
        ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
        ...env,
      },
      stdio: ['ignore', out, out],
    });
    if (file !== undefined) closeSync(file);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (!stream) continue;
      createInterface(stream).on('line', (line) => {
        this.lines.push(line);
        this.#wake();
      });
    }
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    // Callers that wait handle a rejection; without one it must not count as unhandled.
    this.exited.then(
      () => this.#wake(),
      () => this.#wake(),
    );
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start`);
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /**
   * The match in the first line that the pattern fits, among those so far and those to come.
   * @throws Error with its whole output when it ends without such a line
   */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const [match] = await this.matches(pattern, 1);
    return match as RegExpExecArray;
  }

  /** The matches in the first `count` lines that the pattern fits. @throws as `line` does */
  async matches(pattern: RegExp, count: number): Promise<RegExpExecArray[]> {
    const found: RegExpExecArray[] = [];
    for (let looked = 0; ;) {
      for (; looked < this.lines.length; looked += 1) {
        const match = pattern.exec(this.lines[looked] as string);
        if (match && found.push(match) === count) return found;
      }
      if (this.hasEnded) {
        const { code, signal } = await this.exited;
        if (looked === this.lines.length) throw this.#failed(`ended with ${signal ?? code}`);
      } else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /**
   * Asks until the answer is yes.
   * @throws Error with its whole output when it ends first, or after `patienceMs`
   */
  async until(isReady: () => Promise<boolean>, patienceMs: number): Promise<void> {
    const late = performance.now() + patienceMs;
    while (!(await isReady())) {
      if (this.hasEnded) {
        const { code, signal } = await this.exited;
        throw this.#failed(`ended with ${signal ?? code}`);
      }
      if (performance.now() > late) throw this.#failed('is not ready');
      await delay(POLL_MS);
    }
  }

  /** Nobody reads its output any more: it is written to a closed pipe. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Sends the signal without waiting. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /**
   * Sends the signal and waits for the end.
   * @param graceMs after which it is killed; by default it may take as long as it likes
   */
  async end(signal: NodeJS.Signals = 'SIGTERM', graceMs?: number): Promise<Exit> {
    if (this.hasEnded) return this.exited;
    this.#child.kill(signal);
    // A stopped process takes no other signal than SIGKILL.
    if (signal !== 'SIGKILL') this.#child.kill('SIGCONT');
    const late =
      graceMs === undefined ? undefined : setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(late);
    return exit;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #failed(how: string): Error {
    return new Error(`${this.#name} ${how}:\n${this.lines.join('\n')}`);
  }
}

/** Whether the address answers 2xx; a connection that is refused or breaks counts as no. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'TimeoutError' || message === 'fetch failed') return false;
    throw error;
  }
}

/** For a command's own process: a signal ends it, and with it all that it has started. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
}
