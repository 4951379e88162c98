import type { Failure, TransportName } from './types.js';

/** Names of frames that are read; an event has none and is a `message`. */
export const FRAME_NAMES = [
  'message',
  'snapshot',
  'recovered',
  'gap',
  'heartbeat',
  'goodbye',
] as const;

/** Characters of one unfinished frame; a snapshot of the largest events stays far below. */
export const FRAME_LIMIT = 16e6;

export interface StreamHandlers {
  /** Anything was received: the connection is alive. */
  heard(): void;
  /** `name` is `message` for a frame without one. */
  frame(name: string, data: string, id: string | undefined): void;
  /** The server's `retry:`, milliseconds. */
  retry(ms: number): void;
  /** The stream is over. */
  end(failure: Failure): void;
}

export interface StreamRequest {
  /** With the filter, and with the last event in `lastEventId`: the header would need a permission elsewhere. */
  readonly url: URL;
  /** The ephemeral one. */
  readonly token: string;
  /** Closes the stream. */
  readonly signal: AbortSignal;
}

/** Opens one stream and never reconnects by itself. */
export interface Transport {
  readonly name: TransportName;
  open(request: StreamRequest, handlers: StreamHandlers): void;
}
