import { createChannel } from '../channel.js';
import { newEvents, parse, readEvent } from '../frames.js';
import { fetchHistory } from '../history.js';
import { createApi } from '../http.js';
import { onLifecycle } from '../lifecycle.js';
import { Cursor } from '../position.js';
import type { EventsClient, EventsClientOptions, OperatorEvent, Stopped } from '../types.js';
import type {
  Link,
  OpenLink,
  SharedMessage,
  SharedStreamOptions,
  ToHub,
  ToTab,
} from './protocol.js';
import type { Recent } from './recent.js';

/** How long a hub may take to answer when the page or machine has just woken up, milliseconds. */
const ANSWER_MS = 5_000;

/** A tab as its link sees it. */
export interface Tab {
  readonly id: string;
  /** Tabs of one group share a stream: same principal, same server, same filter. */
  readonly group: string;
  readonly cursor: Cursor;
  readonly recent: Recent;
}

type Up = ToHub extends infer One ? (One extends ToHub ? Omit<One, 'tab'> : never) : never;

/** A client without a stream of its own: it receives the hub's messages. */
export function tabClient(
  options: EventsClientOptions,
  streamOptions: SharedStreamOptions,
  tab: Tab,
  openLink: OpenLink,
): EventsClient {
  const { cursor, recent } = tab;
  const api = createApi(options);
  const life = new AbortController();
  const { signal } = life;
  let link: Link | undefined;
  let started = false;
  let welcomed = false;
  /** The hub has said something since the last ping. */
  let heard = false;
  let cancelPing: (() => void) | undefined;

  const channel = createChannel(options.bufferLimit ?? 10_000, () => queueMicrotask(start));

  function start(): void {
    if (started || signal.aborted) return;
    started = true;
    open(false);
    onLifecycle(options.lifecycle, signal, (event) => {
      // A page in the back/forward cache receives nothing; it joins again when it is shown.
      if (event.type === 'pagehide') leave();
      else if (event.type === 'pageshow' && !link) open(false);
      else {
        send({ kind: 'wake' });
        ping(ANSWER_MS);
      }
    });
  }

  function open(isLost: boolean): void {
    welcomed = false;
    link = openLink(receive, isLost);
    // Last: a listener may close the client.
    channel.setState({ status: 'connecting', attempt: 0 });
  }

  /** A worker may die, and the tab with the hub be blocked, without a word. */
  function ping(withinMs: number): void {
    if (!link) return;
    heard = false;
    cancelPing?.();
    cancelPing = api.clock.after(withinMs, () => {
      if (heard) return ping(api.heartbeatMs);
      leave();
      open(true);
    });
    send({ kind: 'ping' });
  }

  function send(message: Up): void {
    link?.send({ ...message, tab: tab.id });
  }

  function leave(): void {
    cancelPing?.();
    send({ kind: 'leave' });
    link?.close();
    link = undefined;
  }

  function stop(state: Stopped): void {
    if (signal.aborted) return;
    life.abort();
    channel.setState(state);
    leave();
  }

  function receive(message: ToTab): void {
    if (signal.aborted || ('tab' in message && message.tab !== tab.id)) return;
    heard = true;
    switch (message.kind) {
      case 'hub':
        // The welcome contains everything that is posted before it.
        welcomed = false;
        send({
          kind: 'join',
          group: tab.group,
          options: streamOptions,
          after: cursor.resume,
        });
        return ping(api.heartbeatMs);
      case 'here':
        return;
      case 'token?':
        return void answer(message.call);
      case 'welcome':
        return welcome(message);
      case 'message':
        if (welcomed) pass(message.message);
        return;
      default:
        return message satisfies never;
    }
  }

  async function answer(call: number): Promise<void> {
    try {
      const token = typeof api.token === 'string' ? api.token : await api.token();
      send({ kind: 'token', call, token });
    } catch {
      // The hub asks the next tab.
      send({ kind: 'token', call });
    }
  }

  function welcome({ state, lost, begun, ...rest }: Extract<ToTab, { kind: 'welcome' }>): void {
    const events = rest.events.map((json) => readEvent(json, parse(json)));
    const resumed = cursor.resume !== undefined;
    welcomed = true;
    if (state.status === 'stopped') return stop(state);
    channel.setState(state);
    if (lost) {
      // The history was not to be had, which says nothing about the log: what was seen stays seen.
      recent.clear();
      channel.emit({ type: 'gap', value: { lost, oldest: events[0]?.position ?? null } });
    }
    const count = deliver(events);
    const value = { count, latest: cursor.resume ?? null };
    if (begun && !lost && !signal.aborted) {
      channel.emit({ type: resumed ? 'recovered' : 'snapshot', value });
    }
  }

  function deliver(events: readonly OperatorEvent[]): number {
    let count = 0;
    // Asked before each step, as the next one moves the cursor: a listener may have closed the
    // client, which resumes after what it was given.
    if (signal.aborted) return count;
    for (const message of newEvents(events, cursor)) {
      if (message.type === 'event') {
        recent.push(message.value);
        count += 1;
      }
      channel.emit(message);
      if (signal.aborted) break;
    }
    return count;
  }

  function pass(message: SharedMessage): void {
    if (message.type === 'event')
      return void deliver([readEvent(message.value, parse(message.value))]);
    if (message.type === 'state') {
      if (message.value.status === 'stopped') stop(message.value);
      else channel.setState(message.value);
      return;
    }
    if (message.type === 'gap') {
      cursor.lost(message.value.oldest);
      recent.clear();
    }
    if (message.type === 'snapshot' || message.type === 'recovered') {
      cursor.reached(message.value.latest);
    }
    channel.emit(message);
  }

  return {
    get state() {
      return channel.state;
    },
    get lastEventId() {
      return cursor.resume;
    },
    get events() {
      return channel.events();
    },
    get messages() {
      return channel.messages();
    },
    on: (type, listener) => channel.on(type, listener),
    history: async (query) => fetchHistory(api, query, signal),
    connect() {
      start();
      send({ kind: 'connect' });
    },
    close: () => stop({ status: 'stopped', reason: 'closed' }),
  };
}
