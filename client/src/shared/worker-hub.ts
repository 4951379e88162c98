import { streamingClient } from '../client.js';
import { type Clock, systemClock } from '../clock.js';
import type { EventsClientOptions } from '../types.js';
import { createHub, type Hub } from './hub.js';
import type { SharedStreamOptions, ToHub, ToTab } from './protocol.js';
import { Recent } from './recent.js';

/** How long one tab may take to give a token before the next one is asked, milliseconds. */
const TOKEN_WAIT_MS = 5_000;

/** The worker's end of a port. */
export interface TabPort {
  postMessage(message: ToTab): void;
  addEventListener(type: 'message', listener: (event: { data: ToHub }) => void): void;
  start(): void;
}

/** Watches for the death of a tab that could not say goodbye. */
export type OnTabGone = (tab: string, run: () => void) => void;

interface Group {
  readonly hub: Hub;
  readonly ports: Map<string, TabPort>;
  readonly calls: Map<number, (token: string | undefined) => void>;
}

/** What runs in the shared worker: one hub for each group of tabs, kept while a tab is there. */
export function createWorkerHub(
  onTabGone: OnTabGone,
  parts: Pick<EventsClientOptions, 'fetch' | 'random'> & { clock?: Clock } = {},
): (port: TabPort) => void {
  const groups = new Map<string, Group>();
  const { clock = systemClock } = parts;

  function leave(name: string, tab: string): void {
    const group = groups.get(name);
    if (!group?.ports.delete(tab) || group.ports.size > 0) return;
    groups.delete(name);
    group.hub.close();
  }

  function createGroup(name: string, options: SharedStreamOptions): Group {
    const ports: Group['ports'] = new Map();
    const calls: Group['calls'] = new Map();
    /** Gave no token when last asked. A few frozen tabs take longer than a connection may, so they come last. */
    const silent = new Set<string>();
    let lastCall = 0;

    const ask = async (tab: string, port: TabPort): Promise<string | undefined> => {
      const call = (lastCall += 1);
      const answer = new Promise<string | undefined>((resolve) => calls.set(call, resolve));
      const cancel = clock.after(TOKEN_WAIT_MS, () => calls.get(call)?.(undefined));
      port.postMessage({ kind: 'token?', tab, call });
      return answer.finally(() => {
        cancel();
        calls.delete(call);
      });
    };
    // Asked for at each issuing: a token may have been renewed, and its tab may be gone.
    const token = async (): Promise<string> => {
      const rank = ([tab]: [string, TabPort]): number => Number(silent.has(tab));
      for (const [tab, port] of [...ports].reverse().sort((a, b) => rank(a) - rank(b))) {
        const given = await ask(tab, port);
        if (given !== undefined) {
          silent.delete(tab);
          return given;
        }
        silent.add(tab);
      }
      throw new Error('no tab has a token');
    };
    const post = (message: ToTab): void => {
      if ('tab' in message) return ports.get(message.tab)?.postMessage(message);
      for (const port of ports.values()) port.postMessage(message);
      // Its tabs have stopped as well; a tab that joins later gets a new stream.
      if (message.kind === 'message' && message.message.type === 'state') {
        if (message.message.value.status === 'stopped') groups.delete(name);
      }
    };
    const client = streamingClient({ ...parts, ...options, token });
    return { hub: createHub(client, new Recent(options.lastEventId), post), ports, calls };
  }

  return (port) => {
    let joined = '';
    port.addEventListener('message', ({ data }) => {
      const { tab } = data;
      if (data.kind === 'join') {
        joined = data.group;
        const group = groups.get(joined) ?? createGroup(joined, data.options);
        groups.set(joined, group);
        if (!group.ports.has(tab)) onTabGone(tab, () => leave(joined, tab));
        group.ports.set(tab, port);
      }
      const group = groups.get(joined);
      if (data.kind === 'leave') leave(joined, tab);
      else if (data.kind === 'token') group?.calls.get(data.call)?.(data.token);
      else group?.hub.receive(data);
    });
    port.start();
    port.postMessage({ kind: 'here' });
  };
}
