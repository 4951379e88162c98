import { type Clock, systemClock } from '../clock.js';
import { holdLock, type Locks, tabLock } from './locks.js';
import type { OpenLink, ToHub, ToTab } from './protocol.js';

/** What is used of a SharedWorker. */
export interface SharedWorkerLike {
  readonly port: {
    postMessage(message: ToHub): void;
    addEventListener(type: 'message', listener: (event: { data: ToTab }) => void): void;
    start(): void;
    close(): void;
  };
  addEventListener(type: 'error', listener: (event: Event) => void): void;
}

/**
 * How long a worker may say nothing at first, milliseconds. Chromium may report no error for
 * a script that could not be loaded: when another tab has just had that error.
 */
const SILENT_MS = 5_000;

/**
 * A link to the hub in the shared worker. Calls `onFailure` when the worker
 * cannot be had: forbidden by a content security policy, or too new for the browser.
 */
export function workerLink(
  createWorker: () => SharedWorkerLike,
  tab: string,
  locks: Locks | undefined,
  onFailure: () => void,
  clock: Clock = systemClock,
): OpenLink {
  return (receive) => {
    const life = new AbortController();
    const { signal } = life;
    let worker: SharedWorkerLike | undefined;
    const fail = (): void => {
      if (signal.aborted) return;
      life.abort();
      onFailure();
    };
    const open = (): void => {
      try {
        worker = createWorker();
      } catch {
        return fail();
      }
      worker.addEventListener('error', fail);
      const cancel = clock.after(SILENT_MS, fail);
      signal.addEventListener('abort', cancel);
      worker.port.addEventListener('message', ({ data }) => {
        cancel();
        if (!signal.aborted) receive(data);
      });
      worker.port.start();
      receive({ kind: 'hub' });
    };
    // First the lock, then the worker: it takes a free lock for a dead tab.
    if (locks) holdLock(locks, tabLock(tab), signal, open);
    else queueMicrotask(open);
    return {
      send: (message) => worker?.port.postMessage(message),
      close() {
        life.abort();
        worker?.port.close();
      },
    };
  };
}
