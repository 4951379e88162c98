import { POLL_AFTER, POLLING_FLOOR_MS } from './backoff.js';
import { createChannel } from './channel.js';
import { type Connection, type ConnectionEnd, connect } from './connection.js';
import { asFailure } from './errors.js';
import { newEvents } from './frames.js';
import { fetchHistory } from './history.js';
import { createApi } from './http.js';
import { onLifecycle } from './lifecycle.js';
import { Cursor, type Position } from './position.js';
import { createRecovery, stopFor, type Wait } from './recovery.js';
import { eventSourceTransport } from './transport.eventsource.js';
import { fetchTransport } from './transport.fetch.js';
import type {
  EventsClient,
  EventsClientOptions,
  EventSourceConstructor,
  HistoryQuery,
  Stopped,
} from './types.js';

/** The client with what only the library itself asks of it. */
export interface StreamingClient extends EventsClient {
  /** The page or machine woke up: a timer may be late, a connection dead without a word. */
  wake(): void;
}

/** Keeps one stream open for as long as that makes sense, and says the truth about it meanwhile. */
export function streamingClient(options: EventsClientOptions): StreamingClient {
  const {
    transport: wanted = 'auto',
    EventSource: Source = (globalThis as { EventSource?: EventSourceConstructor }).EventSource,
    pollMs = 5_000,
  } = options;
  if (wanted === 'eventsource' && !Source) throw new TypeError('no EventSource');
  const api = createApi(options);
  const { clock } = api;
  const cursor = new Cursor(options.lastEventId);
  const recovery = createRecovery(api.random);
  const life = new AbortController();
  const { signal } = life;
  let connection: Connection | undefined;
  /** Ends the present wait, and the poll in it. */
  let cut = new AbortController();
  /** An event of the machine ends it only from then on: the server may have named it. Epoch milliseconds. */
  let cutFrom: number;

  // After the present task, so that several listeners added in a row all see the first message.
  const channel = createChannel(options.bufferLimit ?? 10_000, () => queueMicrotask(start));

  function start(): void {
    if (connection || signal.aborted) return;
    onLifecycle(options.lifecycle, signal, wake);
    void run();
  }

  function wake(): void {
    connection?.check();
    if (clock.wall() >= cutFrom) cut.abort();
  }

  function stop(state: Stopped): void {
    if (signal.aborted) return;
    life.abort();
    channel.setState(state);
    connection?.close();
    cut.abort();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const end = await new Promise<ConnectionEnd>((resolve) => {
        connection = open(resolve);
        channel.setState({ status: 'connecting', attempt: recovery.attempt });
      });
      if (signal.aborted) return;
      const next = recovery.after(end);
      if ('status' in next) stop(next);
      else await wait(next);
    }
  }

  function open(end: (end: ConnectionEnd) => void): Connection {
    // EventSource hides why a stream did not open; one attempt with fetch shows it.
    const native = Source && (wanted === 'auto' ? !recovery.silent : wanted === 'eventsource');
    const transport = native ? eventSourceTransport(Source) : fetchTransport(api);
    return connect({
      api,
      transport,
      cursor,
      channel,
      retry: (ms) => (recovery.retry = ms),
      end,
    });
  }

  /** Waits for the next attempt, with polls in between where streams do not come through. */
  async function wait({ ms, ordered, cause }: Wait): Promise<void> {
    cut = new AbortController();
    const { signal } = cut;
    cutFrom = ordered ? clock.wall() + ms : 0;
    // Where the history fails as well, it is the service and not the way to it.
    const patient = recovery.silent >= POLL_AFTER && (await poll());
    const due = clock.now() + ms + (patient ? POLLING_FLOOR_MS : 0);
    for (let polled = patient; !signal.aborted; polled = patient && (await poll())) {
      const left = due - clock.now();
      // Less than one: browsers round their clock and let a timer go off that much early.
      if (left < 1) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(patient ? Math.min(left, pollMs) : left, resolve);
        signal.onabort = () => resolve(cancel());
        // Last: a listener may close the client, or ask it to connect at once.
        channel.setState({
          status: polled ? 'polling' : 'reconnecting',
          attempt: recovery.attempt,
          retryAt: clock.wall() + left,
          cause,
        });
      });
    }
  }

  /** Whether the history answered; what it had was delivered. */
  async function poll(): Promise<boolean> {
    try {
      let after: Position | null | undefined = cursor.resume;
      do {
        const page = await fetchHistory(api, { after }, cut.signal);
        // A listener may have closed the client since the request was made.
        if (signal.aborted) return true;
        for (const message of newEvents(page.events, cursor, undefined, page.gap)) {
          channel.emit(message);
          // Asked after each step: a listener may have closed the client, and nothing may follow that.
          if (signal.aborted) return true;
        }
        // Without a place to start from this was the newest page, and `next` leads into the past.
        after = after && page.next !== after ? page.next : null;
        cursor.reached(after ?? page.latest);
      } while (after);
      return true;
    } catch (error) {
      const final = stopFor(asFailure(error));
      if (final) stop(final);
      return false;
    }
  }

  return {
    get state() {
      return channel.state;
    },
    get lastEventId() {
      return cursor.resume;
    },
    get events() {
      return channel.events();
    },
    get messages() {
      return channel.messages();
    },
    on: channel.on,
    history: (query?: HistoryQuery) => fetchHistory(api, query, signal),
    connect() {
      start();
      cut.abort();
    },
    close: () => stop({ status: 'stopped', reason: 'closed' }),
    wake,
  };
}
