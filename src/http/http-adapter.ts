import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express } from 'express';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { ListeningSockets } from './listening-sockets.js';
import {
  RetiringConnections,
  type RetirementTimes,
  type Retiring,
} from './retiring-connections.js';

const CLOSE_IDLE_MS = 50;

/** Nest's adapter for Express, with a server of our own. Nest passes no options to a server without TLS. */
export class HttpAdapter extends ExpressAdapter implements Retiring {
  private listening!: ListeningSockets;
  private retiring!: RetiringConnections;

  constructor(
    app: Express,
    private readonly serverOptions: ServerOptions,
    private readonly times: RetirementTimes,
  ) {
    super(app);
  }

  override initHttpServer(): void {
    const server = createServer(this.serverOptions, this.getInstance<Express>());
    const { keepAlive, keepAliveInitialDelay } = this.serverOptions;
    this.httpServer = server;
    this.retiring = new RetiringConnections(server, this.times);
    this.listening = new ListeningSockets(server, { keepAlive, keepAliveInitialDelay });
  }

  /** The shutdown begins; requests are still served. */
  retire(): void {
    this.retiring.begin();
  }

  /** See `ListeningSockets.listen`. */
  listenOn(port: number, host: string, alone: boolean): Promise<number> {
    return this.listening.listen(port, host, alone);
  }

  /**
   * Node closes only the connections that are idle when `close` is called. A connection
   * that becomes idle later, or never, would keep the process alive. So this closes idle
   * connections repeatedly, and all that are left after the grace. Before that it leaves
   * clients the time to finish with their connections themselves.
   */
  override async close(): Promise<void> {
    const server = this.httpServer as Server;
    await this.retiring.notice();
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
    const late = setTimeout(() => server.closeAllConnections(), this.times.graceMs);
    await Promise.all([this.listening.close(), super.close()]);
    clearInterval(idle);
    clearTimeout(late);
  }
}
