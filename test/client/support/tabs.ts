import { MessageChannel } from 'node:worker_threads';
import type { EventsClient } from '../../../client/src/types.js';
import type { SharedWorkerLike } from '../../../client/src/shared/index.js';
import { createWorkerHub, type TabPort } from '../../../client/src/shared/worker-hub.js';
import type { ManualClock } from '../../../client/spec-support/manual-clock.js';

/**
 * The inside of a shared worker, joined to its tabs by real message ports. Node
 * has no SharedWorker; the real one is tried in browser.spec.ts.
 */
export class WorkerInNode {
  readonly #ports: { close(): void }[] = [];
  readonly #gone = new Map<string, () => void>();
  readonly #connect: (port: TabPort) => void;

  constructor(clock: ManualClock) {
    this.#connect = createWorkerHub((tab, run) => this.#gone.set(tab, run), {
      clock,
      random: () => 0.5,
    });
  }

  readonly create = (): SharedWorkerLike => {
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port1, port2);
    this.#connect(port2 as unknown as TabPort);
    return {
      port: port1 as unknown as SharedWorkerLike['port'],
      addEventListener: () => undefined,
    };
  };

  /** The browser noticed that all tabs that ever joined are dead. */
  allTabsDied(): void {
    for (const run of this.#gone.values()) run();
  }

  close(): void {
    for (const port of this.#ports) port.close();
  }
}

export interface Reader {
  readonly client: EventsClient;
  readonly ids: string[];
  readonly told: string[];
  /** Resolves when that many events were delivered. */
  events(count: number): Promise<void>;
  /** Resolves when that was told: a type of message, or a status. */
  hears(what: string): Promise<void>;
}

/** Writes down the ids and what else a client tells. */
export function read(client: EventsClient): Reader {
  const ids: string[] = [];
  const told: string[] = [];
  const waiting = new Set<() => void>();
  const note = (list: string[], value: string): void => {
    list.push(value);
    for (const check of waiting) check();
  };
  client.on('event', ({ id }) => note(ids, id));
  client.on('state', ({ status }) => note(told, status));
  for (const type of ['snapshot', 'recovered', 'gap', 'goodbye'] as const) {
    client.on(type, () => note(told, type));
  }
  const until = async (isMet: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isMet()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    client,
    ids,
    told,
    events: async (count) => until(() => ids.length >= count),
    hears: async (what) => until(() => told.includes(what)),
  };
}
