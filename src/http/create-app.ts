import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DynamicModule } from '@nestjs/common';
import express, { type RequestHandler } from 'express';
import type { ServerOptions } from 'node:http';
import type { Config } from '../config/config.js';
import type { Logger } from '../kernel/logger.js';
import { TrustedProxies } from './address.js';
import { answerHeaders } from './answer-headers.js';
import { readOrigins } from './client-origin.js';
import type { HopKeys } from './hop-keys.js';
import { HttpAdapter } from './http-adapter.js';
import { HttpMetrics } from './http-metrics.js';
import { traceRequests, type HttpTracing } from './http-tracing.js';
import { NestLogger } from './nest-logger.js';
import { ProblemFilter } from './problem.filter.js';
import { continueGate, dropAfterRefusal, messageGate, refuseBadRequests } from './refusals.js';
import { requestLog } from './request-log.js';
import { requestTurns } from './request-turns.js';
import { inSequence } from './sequence.js';
import { TrunkServer } from './trunk/trunk-server.js';

const SERVER_OPTIONS: ServerOptions = {
  // The message gate checks Host; Node would refuse a missing one without problem details.
  requireHostHeader: false,
  // Limits the time in which a request must arrive. Responses, and so streams, have no limit.
  requestTimeout: 30_000,
};

/** Longer than any proxy keeps an idle connection: if the server closed first, a request could be lost. */
const IDLE_MS = 75_000;

/**
 * Share of the drain window that running requests have at least to finish once the server stops
 * listening.
 */
const GRACE_SHARE = 0.2;
/** Share of the drain window until which they may run anyway. */
const RUNNING_SHARE = 0.9;
/** Share of the drain window in which idle connections stay open, and the most of it. */
const NOTICE_SHARE = 0.5;
const MOST_NOTICE_MS = 5_000;

/**
 * A Nest application on our HTTP edge: correlation ids, problem details,
 * request log and metrics, trusted proxies. It has no body parser: routes read their
 * bodies themselves.
 * @param options.server options of the HTTP server; they override the edge's own
 * @param options.gates handlers that see every request before it is routed
 * @param options.crowd paths of the requests that clients send when they all come back at once
 * @param options.hop keys of the gateway in front of this process
 * @param options.takesTrunks whether that gateway may send many streams over one connection
 * @param options.trusted proxies whose X-Forwarded-* is trusted; by default VX11_TRUSTED_PROXIES
 * @param options.tracing records the requests; absent: none are recorded
 */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
  options: {
    readonly server?: ServerOptions;
    readonly gates?: readonly RequestHandler[];
    readonly crowd?: RegExp;
    readonly hop?: HopKeys | undefined;
    readonly takesTrunks?: boolean;
    readonly trusted?: TrustedProxies;
    readonly tracing?: HttpTracing | undefined;
  } = {},
): Promise<NestExpressApplication> {
  const { crowd, hop } = options;
  const trunks = options.takesTrunks && hop ? new TrunkServer(hop) : undefined;
  const server = express();
  server.disable('x-powered-by').disable('etag');
  const drainMs = config.VX11_DRAIN_SECONDS * 1000;
  const noticeMs = Math.min(drainMs * NOTICE_SHARE, MOST_NOTICE_MS);
  const adapter = new HttpAdapter(
    server,
    { ...SERVER_OPTIONS, ...keepAlive(noticeMs), ...options.server },
    { noticeMs, graceMs: drainMs * GRACE_SHARE, runningMs: drainMs * RUNNING_SHARE },
    trunks,
  );
  const app = await NestFactory.create<NestExpressApplication>(module, adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  const readOrigin = readOrigins(server, {
    trusted: options.trusted ?? new TrustedProxies(config.VX11_TRUSTED_PROXIES),
    hop,
    onBadSignature: seldom(() =>
      logger.warn(
        'A request carries a signature of the gateway that no key made: compare VX11_HOP_KEYS (VX11_NEIGHBOUR_HOP_KEYS) and the clocks of both sides.',
      ),
    ),
  });
  app.use(
    inSequence(
      dropAfterRefusal,
      readOrigin,
      requestLog(logger, app.get(HttpMetrics)),
      answerHeaders,
      messageGate,
      ...(options.tracing ? [traceRequests(options.tracing)] : []),
      ...(trunks ? [trunks.announce] : []),
      ...(options.gates ?? []),
      ...(crowd ? [requestTurns(({ url }) => crowd.test(url))] : []),
      continueGate,
    ),
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  if (config.VX11_CORS_ORIGINS.length > 0) {
    app.enableCors({
      origin: config.VX11_CORS_ORIGINS,
      // Pages of these origins may send the cookie that belongs to an ephemeral token.
      credentials: true,
      exposedHeaders: ['X-Correlation-Id', 'Retry-After'],
      maxAge: 600,
    });
  }
  refuseBadRequests(app.getHttpServer());
  return app;
}

/**
 * Clients that read `Keep-Alive: timeout=…`, as those of Node and Firefox, are told a time
 * shorter than the notice of a shutdown: they never use an idle connection that is being
 * closed. Proxies do not read it; for them connections stay open.
 */
function keepAlive(noticeMs: number): ServerOptions {
  const keepAliveTimeout = Math.max(1, Math.floor(noticeMs / 1000) - 1) * 1000;
  return { keepAliveTimeout, keepAliveTimeoutBuffer: IDLE_MS - keepAliveTimeout };
}

/** Milliseconds between two warnings about the same thing. */
const WARNING_MS = 60_000;

function seldom(warn: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < WARNING_MS) return;
    last = now;
    warn();
  };
}
