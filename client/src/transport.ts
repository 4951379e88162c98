import type { Failure, TransportName } from './types.js';

/** Frames of the stream that carry a name; all others are events or unknown. */
export const FRAME_NAMES = ['snapshot', 'recovered', 'gap', 'heartbeat', 'goodbye'] as const;

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

/** Opens one stream and never reconnects by itself; the signal closes it. */
export interface Transport {
  readonly name: TransportName;
  /** `url` holds the ephemeral token and the filter. */
  open(
    url: URL,
    lastEventId: string | undefined,
    handlers: StreamHandlers,
    signal: AbortSignal,
  ): void;
}

/** Names the last event in the query, where a header cannot or should not go. */
export function setLastEventId(url: URL, lastEventId: string | undefined): void {
  if (lastEventId) url.searchParams.set('lastEventId', lastEventId);
}
