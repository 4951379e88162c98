import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request and what it said about itself. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** In `?token=`, or else as bearer. */
  readonly token: string | null;
  readonly lastEventId: string | null;
  readonly body: string;
}

type Handler = (exchange: Exchange) => void;
export type Route = 'issue' | 'stream' | 'history';

const PATHS: Record<string, Route> = {
  '/operator/api/events/sse-token': 'issue',
  '/operator/api/events/stream': 'stream',
  '/operator/api/events': 'history',
};

/**
 * A server that fails on command: the faults of the way between (cut sockets,
 * silence, garbage, refusals), which the real backend never shows on request.
 * Without a command it issues tokens, opens streams with an empty snapshot and
 * answers an empty history.
 */
export class FaultServer {
  readonly seen: Record<Route, Exchange[]> = { issue: [], stream: [], history: [] };
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  readonly #next: Record<Route, Handler[]> = { issue: [], stream: [], history: [] };
  readonly #always: Record<Route, Handler> = {
    issue: ({ response }) => sendJson(response, 200, this.#token()),
    stream: (exchange) => openStream(exchange, snapshot()),
    history: ({ response }) => sendJson(response, 200, { events: [], next: null }),
  };
  readonly #waiting: { route: Route; count: number; resolve: (exchange: Exchange) => void }[] = [];
  #issued = 0;

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the next requests of that route get, one each; then the usual again. */
  next(route: Route, ...handlers: Handler[]): void {
    this.#next[route].push(...handlers);
  }

  /**
   * What all requests of that route get that `next` has nothing for.
   * @returns what puts the answer before back
   */
  always(route: Route, handler: Handler): () => void {
    const before = this.#always[route];
    this.#always[route] = handler;
    return () => void (this.#always[route] = before);
  }

  /** The `count`-th request of that route, counted from 1, as soon as it has come. */
  async arrival(route: Route, count: number): Promise<Exchange> {
    const exchange = this.seen[route][count - 1];
    if (exchange) return exchange;
    return new Promise((resolve) => this.#waiting.push({ route, count, resolve }));
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #token(): object {
    this.#issued += 1;
    return { sse_token: `ephemeral-${this.#issued}`, expires_in_sec: 60, ttl_sec: 60 };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.baseUrl);
    const route = PATHS[url.pathname];
    if (!route) return void response.writeHead(404).end();
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const lastEventId = url.searchParams.get('lastEventId');
    const bearer = request.headers.authorization?.replace('Bearer ', '');
    const token = url.searchParams.get('token') ?? bearer ?? null;
    const exchange = { request, response, url, token, lastEventId, body };
    this.seen[route].push(exchange);
    const handle = this.#next[route].shift() ?? this.#always[route];
    handle(exchange);
    for (const one of this.#waiting) {
      if (one.route === route && one.count === this.seen[route].length) one.resolve(exchange);
    }
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A refusal as the backend words it. */
export function refuse(status: number, code: string, headers: OutgoingHttpHeaders = {}): Handler {
  return ({ response }) =>
    sendJson(
      response,
      status,
      { type: `urn:vx11:problem:${code}`, status, code, detail: `Why: ${code}.` },
      { ...headers, 'content-type': 'application/problem+json' },
    );
}

/** Opens the stream and sends these frames; it stays open. */
export function openStream({ response }: Exchange, ...frames: (string | Buffer)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  for (const frame of frames) response.write(frame);
}

export const stream =
  (...frames: (string | Buffer)[]): Handler =>
  (exchange) =>
    openStream(exchange, ...frames);

export const named = (name: string, body: unknown): string =>
  `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;

export const heartbeat = (): string => named('heartbeat', { timestamp: '2026-01-01T00:00:00Z' });

/** An event as its JSON; its position is `<n>-0`. */
export const event = (n: number): Record<string, unknown> => ({
  specversion: '1.0',
  id: `e${n}`,
  source: '/test',
  type: 'test.event',
  severity: 'info',
  module: 'test',
  position: `${n}-0`,
});

export const message = (n: number): string => `id: ${n}-0\ndata: ${JSON.stringify(event(n))}\n\n`;

export const snapshot = (...ns: number[]): string =>
  named('snapshot', { events: ns.map(event), latest: ns.length ? `${ns.at(-1)}-0` : null });

export const recovered = (count: number, latest: number): string =>
  named('recovered', { count, latest: `${latest}-0` });
