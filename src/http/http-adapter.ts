import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, RequestHandler } from 'express';
import {
  createServer,
  IncomingMessage,
  ServerResponse,
  type Server,
  type ServerOptions,
} from 'node:http';
import { deferDefaults } from './answer-headers.js';
import { ListeningSockets } from './listening-sockets.js';
import {
  RetiringConnections,
  type RetirementTimes,
  type Retiring,
} from './retiring-connections.js';
import { METHODS } from './message-rules.js';
import { RouteTable } from './route-table.js';
import type { TrunkServer } from './trunk/trunk-server.js';

const CLOSE_IDLE_MS = 50;

/** Nest's adapter for Express, with a server of our own. Nest passes no options to a server without TLS. */
export class HttpAdapter extends ExpressAdapter implements Retiring {
  private listening!: ListeningSockets;
  private retiring!: RetiringConnections;
  private routes: RouteTable | undefined;
  private readonly stopped = new AbortController();
  readonly closing = this.stopped.signal;

  constructor(
    app: Express,
    private readonly serverOptions: ServerOptions,
    private readonly times: RetirementTimes,
    private readonly trunks?: TrunkServer,
  ) {
    super(app);
  }

  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    deferDefaults(app.response);
    const server = createServer(
      { ...this.serverOptions, ...this.trunks?.options, ...messagesOf(app) },
      app,
    );
    this.httpServer = server;
    this.trunks?.attach(server);
    this.retiring = new RetiringConnections(server, this.times);
    this.listening = new ListeningSockets(server);
  }

  // The busy routes have these methods; Express alone finds the others.

  override get(path: unknown, handler?: unknown): unknown {
    this.remember(['GET'], path, handler);
    return super.get(path, handler as never);
  }

  override post(path: unknown, handler?: unknown): unknown {
    this.remember(['POST'], path, handler);
    return super.post(path, handler as never);
  }

  override all(path: unknown, handler?: unknown): unknown {
    this.remember(METHODS, path, handler);
    return super.all(path, handler as never);
  }

  /** The shutdown begins; requests are still served. */
  retire(): void {
    this.retiring.begin();
    this.trunks?.retire();
  }

  /** See `ListeningSockets.listen`. */
  listenOn(port: number, host: string, shared: boolean): Promise<number> {
    return this.listening.listen(port, host, shared);
  }

  /**
   * Node closes only the connections that are idle when `close` is called. A connection
   * that becomes idle later, or never, would keep the process alive. So this closes idle
   * connections repeatedly, and all that are left after some time. Before that it leaves
   * clients the time to finish with their connections themselves.
   */
  override async close(): Promise<void> {
    const server = this.httpServer as Server;
    await this.retiring.notice();
    this.stopped.abort();
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
    const late = setTimeout(() => server.closeAllConnections(), this.retiring.runningMs);
    await Promise.all([this.listening.close(), super.close()]);
    clearInterval(idle);
    clearTimeout(late);
  }

  private remember(methods: readonly string[], path: unknown, handler: unknown): void {
    if (typeof path !== 'string' || typeof handler !== 'function') return;
    if (!this.routes) {
      this.routes = new RouteTable();
      // With the first route, so that it runs after all middlewares.
      this.use(this.routes.handle);
    }
    for (const method of methods) this.routes.add(method, path, handler as RequestHandler);
  }
}

/**
 * Makes requests and responses with Express's prototypes. Express would replace the prototypes
 * of each, which makes every later access to a property slower.
 */
function messagesOf({ request, response }: Express): ServerOptions {
  return {
    IncomingMessage: withPrototype(IncomingMessage, request),
    ServerResponse: withPrototype(ServerResponse, response),
  };
}

function withPrototype<T>(base: T, prototype: object): T {
  function Message(...args: unknown[]): object {
    return Reflect.construct(base as never, args, Message) as object;
  }
  Message.prototype = prototype;
  return Message as unknown as T;
}
