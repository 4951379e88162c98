import { streamingClient } from './client.js';
import type { EventsClient, EventsClientOptions } from './types.js';

export type { Clock } from './clock.js';
export { RequestError, StreamStoppedError } from './errors.js';
export { comparePositions, type Position } from './position.js';
export type * from './types.js';

/**
 * A client for the events of VX11 Operator. Idle until the first listener, the
 * first iteration or `connect()`.
 * @throws TypeError when the base URL is not a URL, or the runtime lacks the transport
 */
export const createEventsClient: (options: EventsClientOptions) => EventsClient = streamingClient;
