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
  /**
   * The first listener starts the client. Returns a function that removes the listener; once
   * the last one is gone the store keeps what it has and no longer listens to the client.
   */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => EventsSnapshot;
}

export interface EventsStoreOptions {
  /** Events that are kept; default 500. */
  limit?: number | undefined;
  /** Changes are collected for this long, milliseconds; default 50. Nobody reads faster. */
  flushMs?: number | undefined;
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
  let offs: (() => void)[] = [];

  // Not `slice(-limit)`, which keeps all of them where the limit is 0.
  const newest = (events: readonly OperatorEvent[]): OperatorEvent[] =>
    events.slice(Math.max(0, events.length - limit));
  const flush = (): void => {
    timer = undefined;
    const events =
      pending.length === 0 ? snapshot.events : newest([...snapshot.events, ...pending]);
    pending = [];
    snapshot = { events, state: client.state, gaps };
    // A copy: a listener may subscribe another one at each call.
    for (const listener of new Set(listeners)) listener();
  };
  const changed = (): void => {
    timer ??= setTimeout(flush, flushMs);
  };
  const attach = (): void => {
    offs = [
      client.on('event', (event) => {
        pending.push(event);
        if (pending.length > 2 * limit) pending = newest(pending);
        changed();
      }),
      client.on('gap', () => {
        gaps += 1;
        changed();
      }),
      client.on('state', changed),
    ];
    // It may be another one than when the store last listened.
    if (snapshot.state !== client.state) changed();
  };
  const detach = (): void => {
    for (const off of offs) off();
    clearTimeout(timer);
    flush();
  };

  return {
    subscribe(listener) {
      if (listeners.size === 0) attach();
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) detach();
      };
    },
    getSnapshot: () => snapshot,
  };
}
