import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { DynamicModule } from '@nestjs/common';
import express from 'express';
import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import { correlationId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { HttpMetrics } from './http-metrics.js';
import { NestLogger } from './nest-logger.js';
import { ProblemFilter, rawProblem } from './problem.filter.js';
import { requestLog } from './request-log.js';

const KEEP_ALIVE_MS = 75_000;
/** For a request to arrive whole; an answer, and so a stream, may take any time. */
const REQUEST_MS = 30_000;

/**
 * A Nest application on our HTTP edge: correlation ids, problem details,
 * request log and metrics, trusted proxies; and no body parser, since bodies
 * are read where they are wanted.
 */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
): Promise<NestExpressApplication> {
  const server = express();
  server.disable('x-powered-by').disable('etag');
  server.set('trust proxy', config.VX11_TRUSTED_PROXIES);
  const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(server), {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.use(requestLog(logger, app.get(HttpMetrics)));
  app.useGlobalFilters(new ProblemFilter(logger));
  if (config.VX11_CORS_ORIGINS.length > 0) {
    app.enableCors({
      origin: config.VX11_CORS_ORIGINS,
      exposedHeaders: ['X-Correlation-Id', 'Retry-After'],
      maxAge: 600,
    });
  }
  const http = app.getHttpServer();
  // Longer than any proxy keeps an idle connection: the side that sends must be the one that closes.
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  http.requestTimeout = REQUEST_MS;
  refuseBadRequests(app);
  return app;
}

/** What Node's parser refuses never reaches Express; it is answered here, as a problem too. */
function refuseBadRequests(app: NestExpressApplication): void {
  app.getHttpServer().on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const id = correlationId(undefined);
    const answer =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? rawProblem(
            'header_too_large',
            'The URL and the headers together are larger than 16 KiB.',
            id,
          )
        : rawProblem('invalid_request', 'The request is not valid HTTP.', id);
    socket.end(answer);
  });
}
