import type { EventsClient } from '../types.js';
import { workerLink } from './link.worker.js';
import { type IdentityOptions, locks, moduleWorker, setUp } from './setup.js';
import { tabClient } from './tab.js';

export type { IdentityOptions } from './setup.js';

/**
 * As `createSharedEventsClient`, through the SharedWorker and in no other way: half the code.
 * @param onFailure is called where the browser has no such worker, or cannot load its script;
 *   nothing is received then: close the client, and use `createSharedEventsClient`
 * @throws TypeError for a base URL that is none, or a token function without `identity`
 */
export function createWorkerEventsClient(
  options: IdentityOptions,
  onFailure: () => void,
): EventsClient {
  const { identity: _, ...own } = options;
  const { tab, streamOptions } = setUp(options);
  return tabClient(
    own,
    streamOptions,
    tab,
    workerLink(moduleWorker, tab.id, locks, onFailure, own.clock),
  );
}
