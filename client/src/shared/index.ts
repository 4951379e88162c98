import { type StreamingClient, streamingClient } from '../client.js';
import { page } from '../http.js';
import { Cursor } from '../position.js';
import type { EventsClient, EventsClientOptions } from '../types.js';
import { localLink } from './link.local.js';
import { type BroadcastChannelLike, tabsLink } from './link.tabs.js';
import { type SharedWorkerLike, workerLink } from './link.worker.js';
import type { Locks } from './locks.js';
import type { OpenLink, SharedStreamOptions } from './protocol.js';
import { Recent } from './recent.js';
import { type Tab, tabClient } from './tab.js';

export type { SharedWorkerLike } from './link.worker.js';

export interface SharedEventsClientOptions extends EventsClientOptions {
  /**
   * Identifies the principal. Tabs with the same identity, server and filter share one
   * stream. Needed where `token` is a function; else the token is the identity.
   */
  identity?: string;
  /**
   * `auto` (default): a SharedWorker, or else the tabs among themselves
   * (BroadcastChannel and Web Locks), or else a stream for each tab. `tabs`
   * leaves the worker out, `none` shares nothing.
   */
  sharing?: 'auto' | 'tabs' | 'none';
  /** For a bundler that does not find the worker's script by itself. */
  createWorker?: () => SharedWorkerLike;
}

/**
 * A client that shares one stream with all tabs of the browser that belong to
 * the same principal and ask for the same events: over HTTP/1.1 a browser has
 * six connections to a host, for all its tabs together.
 * @throws TypeError for a base URL that is none, or a token function without `identity`
 */
export function createSharedEventsClient(options: SharedEventsClientOptions): EventsClient {
  const { identity, sharing = 'auto', createWorker, ...own } = options;
  if (sharing === 'none') return streamingClient(own);
  if (typeof own.token !== 'string' && identity === undefined) {
    throw new TypeError('a token function needs an identity to share a stream');
  }
  const streamOptions = travelling(own);
  const tab: Tab = {
    id: `${Date.now()}-${Math.random()}`,
    group: JSON.stringify([identity ?? own.token, streamOptions.baseUrl, own.filter]),
    cursor: new Cursor(own.lastEventId),
    recent: new Recent(own.lastEventId),
  };
  const createClient = (): StreamingClient => {
    const { resume } = tab.cursor;
    return streamingClient({ ...own, ...(resume && { lastEventId: resume }) });
  };
  const amongTabs =
    scope.BroadcastChannel && locks
      ? tabsLink(tab, scope.BroadcastChannel, locks, createClient)
      : localLink(tab, createClient);
  const worker = createWorker ?? ('SharedWorker' in scope ? moduleWorker : undefined);
  const openLink = worker && sharing === 'auto' ? orElse(tab, worker, amongTabs) : amongTabs;
  return tabClient(own, streamOptions, tab, openLink);
}

const scope = globalThis as unknown as {
  BroadcastChannel?: new (name: string) => BroadcastChannelLike;
  navigator?: { locks?: Locks };
};
const locks = scope.navigator?.locks;

declare const SharedWorker: new (
  url: URL,
  options: { type: 'module'; name: string },
) => SharedWorkerLike;

/** Written out as bundlers look for it. */
function moduleWorker(): SharedWorkerLike {
  return new SharedWorker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    name: 'vx11-events',
  });
}

/** The worker, or the other link when the worker cannot be had. */
function orElse(tab: Tab, createWorker: () => SharedWorkerLike, other: OpenLink): OpenLink {
  return (receive) => {
    let link = workerLink(createWorker, tab.id, locks, () => {
      link = other(receive);
    })(receive);
    return { send: (message) => link.send(message), close: () => link.close() };
  };
}

/** What can go to another thread, and means the same there. */
function travelling(options: EventsClientOptions): SharedStreamOptions {
  const { filter, lastEventId, transport, heartbeatMs, connectTimeoutMs, pollMs } = options;
  return {
    baseUrl: new URL(options.baseUrl, page?.href).href,
    ...(filter && { filter }),
    ...(lastEventId && { lastEventId }),
    ...(transport && { transport }),
    ...(heartbeatMs && { heartbeatMs }),
    ...(connectTimeoutMs && { connectTimeoutMs }),
    ...(pollMs && { pollMs }),
  };
}
