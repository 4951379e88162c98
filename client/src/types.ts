import type { Clock } from './clock.js';
import type { Position } from './position.js';

export type Severity = 'info' | 'warn' | 'error' | 'critical';

/** A CloudEvent (1.0) as the server sends it, with its extension attributes. */
export interface OperatorEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  /** Its place in the log; equal to the stream's `id:`. */
  position: Position;
  severity: Severity;
  module: string;
  time?: string;
  subject?: string;
  datacontenttype?: string;
  dataschema?: string;
  /** As `JSON.parse` reads it: numbers beyond 2^53 are rounded. `rawOf(event)` has every digit. */
  data?: unknown;
  /** In place of `data`, where that is neither JSON nor text: its bytes as Base64. */
  data_base64?: string;
  correlationid?: string;
  traceparent?: string;
  tracestate?: string;
}

/** Which events to read. Fields are joined with and, the values of one with or. */
export interface EventFilter {
  severity?: readonly Severity[] | undefined;
  module?: readonly string[] | undefined;
  /** A type that ends in `*` matches every type with that prefix. */
  type?: readonly string[] | undefined;
  /** A source that ends in `*` matches every source with that prefix. */
  source?: readonly string[] | undefined;
  /** As `source`. */
  subject?: readonly string[] | undefined;
}

export interface Snapshot {
  /** Events of the snapshot that were new to this client; they were delivered before this message. */
  count: number;
  latest: Position | null;
}

/** Every missed event has been delivered. */
export interface Recovered {
  count: number;
  latest: Position | null;
}

/** The server no longer holds some of the missed events. */
export interface Gap {
  lost: true;
  /** The oldest event the server still holds; null when it holds none. */
  oldest: Position | null;
}

/** The server ends the stream; `reconnect` says whether the client may come back. */
export interface Goodbye {
  reason: string;
  reconnect: boolean;
  retry_ms?: number;
}

/** A frame or an event that could not be read. The stream continues after it. */
export interface Malformed {
  /** The frame's `id:`, where it had one. */
  id: string | undefined;
}

export type TransportName = 'eventsource' | 'fetch';

/** Why a request or a stream failed. */
export interface Failure {
  kind:
    | 'network'
    /** The token and the first frame did not arrive in time. */
    | 'timeout'
    /** Heartbeats stopped. */
    | 'silent'
    /** The server ended the stream without a goodbye. */
    | 'ended'
    | 'goodbye'
    /** The response was not a success; `status` says which. */
    | 'refused';
  /** HTTP status, where one is known: the browser's EventSource hides it. */
  status?: number | undefined;
  /** `code` of the server's problem, or the reason of its goodbye. */
  code?: string | undefined;
  /** `detail` of the server's problem: words for a person. */
  detail?: string | undefined;
  /** The server's `Retry-After`, milliseconds. */
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
  /** 204: the server has nothing more to send. */
  | 'no_content'
  /** A goodbye with `reconnect: false`: revoked, expired, ended by an administrator. */
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
  /** Open, but nothing arrived for two and a half heartbeats. Live again on the next byte, else reconnecting. */
  | { status: 'stale'; /** Milliseconds without any data. */ silentMs: number }
  | {
      status: 'reconnecting';
      attempt: number;
      /** When the next attempt starts, epoch milliseconds. */
      retryAt: number;
      cause: Failure;
    }
  /** Streams cannot be opened: the client polls the history and tries the stream again at `retryAt`. */
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

/** The messages of a client, by name. */
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
  /** At most 500. */
  limit?: number | undefined;
  before?: Position | null | undefined;
  after?: Position | null | undefined;
  /** Only events that contain this text, in an attribute or in `data`. */
  q?: string | undefined;
  /** Only events that were accepted at this time or later; ISO 8601. */
  since?: string | undefined;
  /** Only events that were accepted before this time; ISO 8601. */
  until?: string | undefined;
  /** A source that ends in `*` selects a prefix. */
  source?: string | undefined;
  /** As `source`. */
  subject?: string | undefined;
  correlationid?: string | undefined;
}

export interface HistoryPage {
  /** In the order of the log. */
  events: OperatorEvent[];
  /** Where the next page in the same direction begins; null at the end. */
  next: Position | null;
  /** A search is bounded: how far back it looked, where the server says so. */
  searched_back_to?: Position | null;
  /** With `after`: everything up to here was searched, matching or not. */
  latest?: Position | null;
  /** With `after`: some events after it are no longer in the log. */
  gap?: Gap | null;
  /** For a principal with `audit:read`: who published each event, by its id; empty where that is not known. */
  publishers?: string[];
}

export interface EventsClient {
  readonly state: ClientState;
  /** Give this to a new client as `lastEventId` to continue without a gap. */
  readonly lastEventId: Position | undefined;
  /** Every event once, in order. Throws {@link StreamStoppedError} when the client stops on its own. */
  readonly events: AsyncIterable<OperatorEvent>;
  /** Every message that {@link ClientMessages} names, in order. */
  readonly messages: AsyncIterable<Message>;
  /** Calls `listener` for each message of that type; returns a function that removes it. */
  on<K extends MessageType>(type: K, listener: (value: ClientMessages[K]) => void): () => void;
  /** Starts an idle client (so does the first listener or iteration); a waiting one tries at once. */
  connect(): void;
  /** One page of the past, of what matches the client's filter and the query. @throws RequestError, or what `fetch` throws */
  history(query?: HistoryQuery): Promise<HistoryPage>;
  /** Ends the stream, the timers and every iteration. Final. */
  close(): void;
}

/** The principal token, or a function that returns it; called for each request. */
export type TokenProvider = string | (() => string | Promise<string>);

/** What the client uses of the browser's EventSource. */
export type EventSourceConstructor = new (
  url: URL,
  init: { withCredentials: boolean },
) => {
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
};

export interface EventsClientOptions {
  /** Address of the gateway or the backend; a path is kept as prefix. May be relative in a browser. */
  baseUrl: string | URL;
  token: TokenProvider;
  /** Narrows what is received; absent, or without fields: everything that the principal may read. */
  filter?: EventFilter | undefined;
  /** Resume after this position instead of starting with a snapshot. */
  lastEventId?: Position | undefined;
  /**
   * `auto` (default): EventSource if the runtime has one. After a stream that could
   * not be opened, one attempt with fetch, which sees the status and `Retry-After`.
   */
  transport?: 'auto' | TransportName | undefined;
  /** Interval of the server's heartbeats, milliseconds; default 15,000. */
  heartbeatMs?: number | undefined;
  /** How long token and first frame may take together, or a page of the history; milliseconds, default 15,000. */
  connectTimeoutMs?: number | undefined;
  /** Interval of the polling fallback, milliseconds; default 5,000. */
  pollMs?: number | undefined;
  /** Messages an iteration buffers for a slow consumer before it fails with a RangeError; default 10,000. */
  bufferLimit?: number | undefined;
  fetch?: typeof fetch | undefined;
  EventSource?: EventSourceConstructor | undefined;
  clock?: Clock | undefined;
  /** In [0, 1); default `Math.random`. */
  random?: (() => number) | undefined;
  /** Where `online`, `pageshow` and `visibilitychange` arrive; default: the page or worker. */
  lifecycle?: EventTarget | undefined;
}
