import { MessageChannel } from 'node:worker_threads';
import type { EventsClient } from '../../../client/src/types.js';
import type { SharedWorkerLike } from '../../../client/src/shared/index.js';
import { createWorkerHub, type TabPort } from '../../../client/src/shared/worker-hub.js';
import type { ManualClock } from '../../../client/spec-support/manual-clock.js';

interface Tab {
  frozen?: () => void;
}

/**
 * The inside of a shared worker, joined to its tabs by real message ports. Node
 * has no SharedWorker; the real one is tried in browser.spec.ts.
 */
export class WorkerInNode {
  readonly #ports: { close(): void }[] = [];
  readonly #tabs: Tab[] = [];
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
    const port = port1 as unknown as SharedWorkerLike['port'];
    const tab: Tab = {};
    this.#ports.push(port1, port2);
    this.#tabs.push(tab);
    this.#connect(port2 as unknown as TabPort);
    return {
      port: {
        postMessage: (message) => port.postMessage(message),
        addEventListener: (type, listener) =>
          port.addEventListener(type, (event) => {
            if (!tab.frozen) listener(event);
            else if (event.data.kind === 'token?') tab.frozen();
          }),
        start: () => port.start(),
        close: () => port.close(),
      },
      addEventListener: () => undefined,
    };
  };

  /**
   * The browser froze the tab that came last: it hears nothing and says nothing.
   * Resolves when the worker asks it for a token.
   */
  async freezeLastTab(): Promise<void> {
    return new Promise((resolve) => (this.#tabs.at(-1)!.frozen = resolve));
  }

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
