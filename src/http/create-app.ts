import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { DynamicModule } from '@nestjs/common';
import express, { type Express } from 'express';
import { createServer, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import { correlationId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import type { ProblemCode } from '../kernel/problem.js';
import { HttpMetrics } from './http-metrics.js';
import { NestLogger } from './nest-logger.js';
import { ProblemFilter, rawProblem } from './problem.filter.js';
import { requestLog } from './request-log.js';

const SERVER_OPTIONS: ServerOptions = {
  // Longer than any proxy keeps an idle connection: the side that sends must be the one that closes.
  keepAliveTimeout: 75_000,
  // For a request to arrive whole; an answer, and so a stream, may take any time.
  requestTimeout: 30_000,
};

const CLOSE_IDLE_MS = 50;
/** Share of the drain window that requests have to end by themselves once it stops listening. */
const GRACE_SHARE = 0.2;

/** Nest's adapter passes no options to a server without TLS. */
class HttpAdapter extends ExpressAdapter {
  constructor(
    app: Express,
    private readonly serverOptions: ServerOptions,
    private readonly graceMs: number,
  ) {
    super(app);
  }

  override initHttpServer(): void {
    this.httpServer = createServer(this.serverOptions, this.getInstance<Express>());
  }

  /**
   * Node closes the connections that are idle at this moment. One that becomes so
   * a little later, or never, would keep the process for as long as its client likes.
   */
  override async close(): Promise<void> {
    const server = this.httpServer as Server;
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
    const late = setTimeout(() => server.closeAllConnections(), this.graceMs);
    await super.close();
    clearInterval(idle);
    clearTimeout(late);
  }
}

/**
 * A Nest application on our HTTP edge: correlation ids, problem details,
 * request log and metrics, trusted proxies; and no body parser, since bodies
 * are read where they are wanted.
 * @param options of the HTTP server, over the edge's own
 */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
  options: ServerOptions = {},
): Promise<NestExpressApplication> {
  const server = express();
  server.disable('x-powered-by').disable('etag');
  server.set('trust proxy', config.VX11_TRUSTED_PROXIES);
  const app = await NestFactory.create<NestExpressApplication>(
    module,
    new HttpAdapter(
      server,
      { ...SERVER_OPTIONS, ...options },
      config.VX11_DRAIN_SECONDS * 1000 * GRACE_SHARE,
    ),
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.use(requestLog(logger, app.get(HttpMetrics)));
  app.useGlobalFilters(new ProblemFilter(logger));
  if (config.VX11_CORS_ORIGINS.length > 0) {
    app.enableCors({
      origin: config.VX11_CORS_ORIGINS,
      exposedHeaders: ['X-Correlation-Id', 'Retry-After'],
      maxAge: 600,
    });
  }
  refuseBadRequests(app);
  return app;
}

/** Milliseconds in which a refused client may send the rest, and take its answer. */
const REFUSAL_MS = 1_000;

/** What Node's parser refuses never reaches Express; it is answered here, as a problem too. */
function refuseBadRequests(app: NestExpressApplication): void {
  const refused = new WeakSet<Socket>();
  app.getHttpServer().on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // What comes after the fault is faulty again. It is read and dropped: closing on
    // unread bytes resets the connection, and the client would not see its answer.
    if (refused.has(socket) && error.code !== 'ECONNRESET') return;
    if (error.code === 'ECONNRESET' || !socket.writable || answering(socket)) {
      socket.destroy();
      return;
    }
    refused.add(socket);
    socket.end(rawProblem(...refusal(error.code), correlationId(undefined)));
    const late = setTimeout(() => socket.destroy(), REFUSAL_MS);
    socket.once('close', () => clearTimeout(late));
  });
}

/** Whether an answer is under way on the connection: another one must not run into it. */
function answering(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function refusal(code: string | undefined): [ProblemCode, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['header_too_large', 'The URL and the headers together are larger than 16 KiB.'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request_timeout', 'The request took too long to arrive.'];
    default:
      return ['invalid_request', 'The request is not valid HTTP.'];
  }
}
