import type { StreamingClient } from '../client.js';
import { createHub } from './hub.js';
import type { OpenLink } from './protocol.js';
import type { Tab } from './tab.js';

/** A link to a hub of one's own: nothing is shared, nothing else changes. */
export function localLink(tab: Tab, createClient: () => StreamingClient): OpenLink {
  return (receive) => {
    const hub = createHub(createClient(), tab.recent, receive);
    queueMicrotask(() => receive({ kind: 'hub' }));
    return { send: (message) => hub.receive(message), close: () => hub.close() };
  };
}
