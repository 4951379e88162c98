import { type StreamingClient, streamingClient } from '../client.js';
import type { Clock } from '../clock.js';
import type { EventsClient } from '../types.js';
import { localLink } from './link.local.js';
import { type BroadcastChannelLike, tabsLink } from './link.tabs.js';
import { type SharedWorkerLike, workerLink } from './link.worker.js';
import type { OpenLink } from './protocol.js';
import { type IdentityOptions, locks, moduleWorker, setUp } from './setup.js';
import { type Tab, tabClient } from './tab.js';

export type { SharedWorkerLike } from './link.worker.js';

export interface SharedEventsClientOptions extends IdentityOptions {
  /**
   * `auto` (default): a SharedWorker, or else the tabs among themselves
   * (BroadcastChannel and Web Locks), or else a stream for each tab. `tabs`
   * leaves the worker out, `none` shares nothing.
   */
  sharing?: 'auto' | 'tabs' | 'none' | undefined;
  /** For a bundler that does not find the worker's script by itself. */
  createWorker?: (() => SharedWorkerLike) | undefined;
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
  const { tab, streamOptions } = setUp({ ...own, ...(identity !== undefined && { identity }) });
  const createClient = (): StreamingClient => {
    const { resume } = tab.cursor;
    return streamingClient({ ...own, ...(resume && { lastEventId: resume }) });
  };
  const amongTabs =
    scope.BroadcastChannel && locks
      ? tabsLink(tab, scope.BroadcastChannel, locks, createClient)
      : localLink(tab, createClient);
  const worker = createWorker ?? ('SharedWorker' in scope ? moduleWorker : undefined);
  const openLink =
    worker && sharing === 'auto' ? orElse(tab, worker, amongTabs, own.clock) : amongTabs;
  return tabClient(own, streamOptions, tab, openLink);
}

const scope = globalThis as unknown as {
  BroadcastChannel?: new (name: string) => BroadcastChannelLike;
};

/** The worker, or the other link when the worker cannot be had. */
function orElse(
  tab: Tab,
  createWorker: () => SharedWorkerLike,
  other: OpenLink,
  clock: Clock | undefined,
): OpenLink {
  let isReplaced = false;
  return (receive, isLost) => {
    if (isReplaced) return other(receive, isLost);
    const replace = (): void => {
      isReplaced = true;
      link = other(receive, false);
    };
    let link = workerLink(createWorker, tab.id, locks, replace, clock)(receive, false);
    return { send: (message) => link.send(message), close: () => link.close() };
  };
}
