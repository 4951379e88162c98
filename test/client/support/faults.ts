import { EventSource } from 'eventsource';
import type { EventsClientOptions } from '../../../client/src/types.js';
import { FaultServer } from './fault-server.js';
import { observe, type Observed } from './observed-client.js';

export interface Faults {
  /** A new one for each test. */
  readonly server: FaultServer;
  /** A client of that server, on fetch unless told otherwise; closed after the test. */
  watch(options?: Partial<EventsClientOptions>): Observed;
}

/** Gives each test of the file a fault server, and takes everything away after it. */
export function useFaults(): Faults {
  let server: FaultServer;
  const clients: Observed[] = [];
  beforeEach(async () => {
    server = await new FaultServer().start();
  });
  afterEach(async () => {
    for (const { client } of clients.splice(0)) client.close();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    watch(options = {}) {
      const observed = observe({ baseUrl: server.baseUrl, transport: 'fetch', ...options });
      clients.push(observed);
      return observed;
    },
  };
}

/** Both transports: what holds for one has to hold for the other. */
export const TRANSPORTS = [
  ['fetch', { transport: 'fetch' }],
  ['EventSource', { transport: 'eventsource', EventSource }],
] as const;
