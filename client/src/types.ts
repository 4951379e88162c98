import type { Clock } from './clock.js';
import type { Position } from './position.js';

export type Severity = 'info' | 'warn' | 'error' | 'critical';

/** A CloudEvent (1.0) as the server sends it, with its extension attributes. */
export interface OperatorEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  /** Where it stands in the log; equal to the stream's `id:`. */
  position: Position;
  severity: Severity;
  module: string;
  time?: string;
  subject?: string;
  datacontenttype?: string;
  data?: unknown;
  correlationid?: string;
  traceparent?: string;
}

/** Which events to read. Fields are joined with and, the values of one with or. */
export interface EventFilter {
  severity?: readonly Severity[];
  module?: readonly string[];
  /** A type that ends in `*` matches every type with that prefix. */
  type?: readonly string[];
}

export interface Snapshot {
  /** Events of the snapshot that were new to this client; they were delivered before this message. */
  count: number;
  latest: Position | null;
}

/** Everything missed has been delivered. */
export interface Recovered {
  count: number;
  latest: Position | null;
}

/** Some of what was missed is gone from the server. */
export interface Gap {
  lost: true;
  /** The oldest event the server still holds; null when it holds none. */
  oldest: Position | null;
}

/** The server ends the stream; `reconnect` says whether it wants to see us again. */
export interface Goodbye {
  reason: string;
  reconnect: boolean;
  retry_ms?: number;
}

/** A frame or an event that could not be read. The stream goes on behind it. */
export interface Malformed {
  /** The frame's `id:`, where it had one. */
  id: string | undefined;
}

export type TransportName = 'eventsource' | 'fetch';

/** Why a request or a stream came to nothing. */
export interface Failure {
  kind:
    | 'network'
    /** No token and first frame in time. */
    | 'timeout'
    /** Heartbeats stayed away. */
    | 'silent'
    /** The server ended the stream without a goodbye. */
    | 'ended'
    | 'goodbye'
    /** An answer other than success; `status` says which. */
    | 'refused';
  /** HTTP status, where one is known: the browser's EventSource hides it. */
  status?: number | undefined;
  /** `code` of the server's problem, or the reason of its goodbye. */
  code?: string | undefined;
  /** `detail` of the server's problem: words for a person. */
  detail?: string | undefined;
  /** What `Retry-After` asked for, milliseconds. */
  retryAfterMs?: number | undefined;
}

export type StopReason =
  /** `close()` was called. */
  | 'closed'
  /** 401: no credential arrived, or the token function had none. */
  | 'auth_required'
  /** 403: the principal token is not, or no longer, valid. */
  | 'invalid_token'
  /** 403: the principal may not read events. */
  | 'insufficient_scope'
  /** 403 with another code or with none. */
  | 'forbidden'
  /** 400: the server does not accept the filter or the request. */
  | 'invalid_request'
  /** 204: the server has no more to say. */
  | 'no_content'
  /** A goodbye that does not want us back: revoked, expired, ended by an administrator. */
  | 'goodbye';

export type ClientState =
  | { status: 'idle' }
  | { status: 'connecting'; attempt: number }
  | {
      status: 'live';
      transport: TransportName;
      /** Since when, epoch milliseconds. */
      since: number;
      /** When the ephemeral token of this stream was issued, epoch milliseconds. */
      tokenIssuedAt: number;
    }
  /** Open, but nothing was heard for two and a half heartbeats. Live again on the next byte, else reconnecting. */
  | { status: 'stale'; /** Milliseconds without a sign of life. */ silentMs: number }
  | {
      status: 'reconnecting';
      attempt: number;
      /** When the next attempt starts, epoch milliseconds. */
      retryAt: number;
      cause: Failure;
    }
  /** Streams cannot be opened: the history is asked at intervals; the stream is tried again at `retryAt`. */
  | { status: 'polling'; attempt: number; retryAt: number; cause: Failure }
  | Stopped;

export interface Stopped {
  status: 'stopped';
  reason: StopReason;
  /** `code` of the server's problem, or the reason of its goodbye. */
  code?: string | undefined;
  /** `detail` of the server's problem: words for a person. */
  detail?: string | undefined;
}

/** What a client tells, by name. */
export interface ClientMessages {
  event: OperatorEvent;
  snapshot: Snapshot;
  recovered: Recovered;
  gap: Gap;
  goodbye: Goodbye;
  malformed: Malformed;
  state: ClientState;
}

export type MessageType = keyof ClientMessages;

/** One message of any kind: `{ type: 'gap', value: { lost: true, … } }`. */
export type Message = {
  [K in MessageType]: { type: K; value: ClientMessages[K] };
}[MessageType];

export interface HistoryQuery {
  limit?: number | undefined;
  before?: Position | null | undefined;
  after?: Position | null | undefined;
}

export interface HistoryPage {
  /** In the order of the log. */
  events: OperatorEvent[];
  /** Where to go on, with the same direction; null at the end. */
  next: Position | null;
}

export interface EventsClient {
  readonly state: ClientState;
  /** Give this to a new client as `lastEventId` to go on without a hole. */
  readonly lastEventId: Position | undefined;
  /** Every event once, in order. Throws {@link StreamStoppedError} when the client stops by itself. */
  readonly events: AsyncIterable<OperatorEvent>;
  /** The same with everything else that {@link ClientMessages} names, in the order it happened. */
  readonly messages: AsyncIterable<Message>;
  /** Calls `listener` for each message of that type; the answer takes it off again. */
  on<K extends MessageType>(type: K, listener: (value: ClientMessages[K]) => void): () => void;
  /** Starts an idle client (the first listener or iteration does so too); a waiting one tries at once. */
  connect(): void;
  /** One page of the past, with the client's filter. @throws RequestError, or what `fetch` throws */
  history(query?: HistoryQuery): Promise<HistoryPage>;
  /** Ends the stream, the timers and every iteration. Final. */
  close(): void;
}

/** The principal token, or a function that gets it; called again for each request. */
export type TokenProvider = string | (() => string | Promise<string>);

/** What the client uses of the browser's EventSource. */
export type EventSourceConstructor = new (url: URL) => {
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
};

export interface EventsClientOptions {
  /** Where the gateway or the backend is; a path is kept as prefix. Relative to the page in a browser. */
  baseUrl: string | URL;
  token: TokenProvider;
  filter?: EventFilter;
  /** Resume after this position instead of starting with a snapshot. */
  lastEventId?: Position;
  /**
   * `auto` (default): EventSource where there is one. After a stream that could
   * not be opened, one attempt with fetch, which sees the status and `Retry-After`.
   */
  transport?: 'auto' | TransportName;
  /** Interval of the server's heartbeats, milliseconds; default 15,000. */
  heartbeatMs?: number;
  /** How long token and first frame may take together, milliseconds; default 15,000. */
  connectTimeoutMs?: number;
  /** Interval of the polling fallback, milliseconds; default 5,000. */
  pollMs?: number;
  /** Messages an iteration holds for a slow consumer before it fails with a RangeError; default 10,000. */
  bufferLimit?: number;
  fetch?: typeof fetch;
  EventSource?: EventSourceConstructor;
  clock?: Clock;
  /** In [0, 1); default `Math.random`. */
  random?: () => number;
  /** Where `online`, `pageshow` and `visibilitychange` arrive; default: the page or worker. */
  lifecycle?: EventTarget;
}
