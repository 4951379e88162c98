import type { ClientState, EventsClient, OperatorEvent } from './types.js';

/** What a component shows; a new object at each change, and the same one in between. */
export interface EventsSnapshot {
  /** The newest events, oldest first; at most the store's limit. */
  readonly events: readonly OperatorEvent[];
  readonly state: ClientState;
  /** How often the server no longer had some of the missed events. */
  readonly gaps: number;
}

/** An external store as frameworks take it: React's `useSyncExternalStore`, Svelte, Solid, Vue. */
export interface EventsStore {
  /** The first listener starts the client. Returns a function that removes the listener. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => EventsSnapshot;
}

export interface EventsStoreOptions {
  /** Events that are kept; default 500. */
  limit?: number;
  /** Changes are collected for this long, milliseconds; default 50. Nobody reads faster. */
  flushMs?: number;
}

/** Keeps the newest events and the state of a client. The client stays the caller's to close. */
export function createEventsStore(
  client: EventsClient,
  { limit = 500, flushMs = 50 }: EventsStoreOptions = {},
): EventsStore {
  const listeners = new Set<() => void>();
  let snapshot: EventsSnapshot = { events: [], state: client.state, gaps: 0 };
  let pending: OperatorEvent[] = [];
  let gaps = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStarted = false;

  const flush = (): void => {
    timer = undefined;
    const events =
      pending.length === 0 ? snapshot.events : [...snapshot.events, ...pending].slice(-limit);
    pending = [];
    snapshot = { events, state: client.state, gaps };
    for (const listener of listeners) listener();
  };
  const changed = (): void => {
    timer ??= setTimeout(flush, flushMs);
  };
  const start = (): void => {
    if (isStarted) return;
    isStarted = true;
    client.on('event', (event) => {
      pending.push(event);
      if (pending.length > 2 * limit) pending = pending.slice(-limit);
      changed();
    });
    client.on('gap', () => {
      gaps += 1;
      changed();
    });
    client.on('state', changed);
  };

  return {
    subscribe(listener) {
      listeners.add(listener);
      start();
      return () => void listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
  };
}
