import { useMemo, useSyncExternalStore } from 'react';
import { createEventsStore, type EventsSnapshot, type EventsStoreOptions } from './store.js';
import type { EventsClient } from './types.js';

export type { EventsSnapshot } from './store.js';

/**
 * The newest events of a client and its state; the component renders again when they
 * change, at most every `flushMs`. Create the client outside of the component, and close
 * it where its session ends: components come and go, the stream stays.
 */
export function useEvents(client: EventsClient, options: EventsStoreOptions = {}): EventsSnapshot {
  const { limit, flushMs } = options;
  const store = useMemo(
    () =>
      createEventsStore(client, {
        ...(limit !== undefined && { limit }),
        ...(flushMs !== undefined && { flushMs }),
      }),
    [client, limit, flushMs],
  );
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
