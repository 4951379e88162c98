import type { Channel } from './channel.js';
import { asFailure } from './errors.js';
import { readFrame } from './frames.js';
import { type Api, withQuery } from './http.js';
import type { Cursor } from './position.js';
import { type EphemeralToken, takeToken } from './token.js';
import type { Transport } from './transport.js';
import type { Failure, Goodbye } from './types.js';
import { createWatchdog, GRACE_MS, HEARTBEATS_MISSED } from './watchdog.js';

export interface ConnectionContext {
  readonly api: Api;
  readonly transport: Transport;
  readonly cursor: Cursor;
  readonly channel: Channel;
  /** The server's `retry:`, milliseconds. */
  readonly retry: (ms: number) => void;
  /** Called once. */
  readonly end: (end: ConnectionEnd) => void;
}

/** How one connection ended, and how far it had come. */
export interface ConnectionEnd {
  readonly failure: Failure;
  /** It got a token: what failed is the stream. */
  readonly issued: boolean;
  /** Monotonic milliseconds between the first frame and the end; `NaN` when none came. */
  readonly liveMs: number;
  readonly goodbye?: Goodbye | undefined;
}

export interface Connection {
  /** The machine may have slept, the network may be another one: look at the clocks now. */
  check(): void;
  close(): void;
}

/** One token, one source, one end. The next connection is a new one. */
export function connect(context: ConnectionContext): Connection {
  const { api, transport, cursor, channel } = context;
  const { clock } = api;
  const abort = new AbortController();
  const { signal } = abort;
  let stale = false;
  let token: EphemeralToken | undefined;
  /** Unset until the first frame, as is `since`. */
  let liveFrom: number;
  let since: number;
  let cancelGrace: (() => void) | undefined;

  const end = (failure: Failure, goodbye?: Goodbye): void => {
    if (signal.aborted) return;
    watchdog.stop();
    cancelGrace?.();
    abort.abort();
    context.end({
      failure,
      issued: !!token,
      liveMs: clock.now() - liveFrom,
      goodbye,
    });
  };

  const watchdog = createWatchdog(clock, (silentMs) => {
    if (liveFrom === undefined) return end({ kind: 'timeout' });
    stale = true;
    // A server that hangs goes silent for all clients at once: they leave one by one.
    cancelGrace = clock.after(api.random() * GRACE_MS, () => end({ kind: 'silent' }));
    channel.setState({ status: 'stale', silentMs });
  });

  const live = (): void => {
    if (!token || signal.aborted) return;
    cancelGrace?.();
    stale = false;
    liveFrom ??= clock.now();
    since ??= clock.wall();
    watchdog.watch(api.heartbeatMs * HEARTBEATS_MISSED);
    channel.setState({
      status: 'live',
      transport: transport.name,
      since,
      tokenIssuedAt: token.issuedAt,
    });
  };

  const heard = (): void => {
    watchdog.heard();
    if (stale) live();
  };

  const frame = (name: string, data: string, id: string | undefined): void => {
    if (liveFrom === undefined) live();
    if (signal.aborted) return;
    for (const message of readFrame(name, data, id, cursor)) {
      channel.emit(message);
      if (message.type === 'goodbye') {
        end({ kind: 'goodbye', code: message.value.reason }, message.value);
      }
      // Asked after each step: a listener may have closed the client, and nothing may follow that.
      if (signal.aborted) return;
    }
  };

  const open = (issued: EphemeralToken): void => {
    if (signal.aborted) return;
    token = issued;
    transport.open(
      {
        url: withQuery(api, '/stream', { lastEventId: cursor.resume }),
        token: token.value,
        signal,
      },
      { heard, frame, retry: context.retry, end },
    );
  };

  watchdog.watch(api.connectTimeoutMs);
  takeToken(api, signal)
    .then(open)
    .catch((error: unknown) => end(asFailure(error)));
  return { check: watchdog.check, close: () => end({ kind: 'ended' }) };
}
