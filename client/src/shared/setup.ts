import { page } from '../http.js';
import { Cursor } from '../position.js';
import type { EventsClientOptions } from '../types.js';
import type { SharedWorkerLike } from './link.worker.js';
import type { Locks } from './locks.js';
import type { SharedStreamOptions } from './protocol.js';
import { Recent } from './recent.js';
import type { Tab } from './tab.js';

/** What makes tabs share a stream. */
export interface IdentityOptions extends EventsClientOptions {
  /**
   * Identifies the principal. Tabs with the same identity, server and filter share one
   * stream. Needed where `token` is a function; else the token is the identity.
   */
  identity?: string | undefined;
}

/**
 * This tab, and the options that go to the thread with the stream.
 * @throws TypeError for a base URL that is none, or a token function without `identity`
 */
export function setUp(options: IdentityOptions): { tab: Tab; streamOptions: SharedStreamOptions } {
  const { identity, token, filter, lastEventId } = options;
  if (typeof token !== 'string' && identity === undefined) {
    throw new TypeError('a token function needs an identity to share a stream');
  }
  const streamOptions = travelling(options);
  const tab: Tab = {
    id: `${Date.now()}-${Math.random()}`,
    group: JSON.stringify([identity ?? token, streamOptions.baseUrl, filter]),
    cursor: new Cursor(lastEventId),
    recent: new Recent(lastEventId),
  };
  return { tab, streamOptions };
}

export const locks = (globalThis as unknown as { navigator?: { locks?: Locks } }).navigator?.locks;

declare const SharedWorker: new (
  url: URL,
  options: { type: 'module'; name: string },
) => SharedWorkerLike;

/** Written out as bundlers look for it. */
export function moduleWorker(): SharedWorkerLike {
  return new SharedWorker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    // The number is that of the protocol: a worker of another version may still run.
    name: 'vx11-events-3',
  });
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
