import { fileURLToPath } from 'node:url';

const STANDBY = fileURLToPath(new URL('standby.mjs', import.meta.url));

/**
 * For development: the next process of a program, which has loaded the packages that it
 * uses before it is needed. Most of a start is loading them, and a saved file changes none.
 */
export class Reserve {
  #next;

  /**
   * Starts the next process, unless there is one. The program does not run yet.
   * @param {(entry: string) => import('node:child_process').ChildProcess} spawn with an IPC
   *   channel; the arguments that follow the entry begin with the program
   */
  prepare(spawn) {
    if (this.#next) return;
    const next = { child: spawn(STANDBY), isReady: false };
    this.#next = next;
    next.child.once('message', () => (next.isReady = true));
    const forget = () => {
      if (this.#next === next) this.#next = undefined;
    };
    next.child.once('exit', forget).once('error', forget);
  }

  /** @returns the process, which runs the program from now on; undefined when none is ready */
  take() {
    if (!this.#next?.isReady) return undefined;
    const { child } = this.#next;
    this.#next = undefined;
    child.send('run');
    return child;
  }
}
