import type { NextFunction, Request, Response } from 'express';
import { correlationId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { redactText, redactUrl } from '../kernel/redaction.js';
import type { HttpMetrics } from './http-metrics.js';
import { loggedId } from './logged-id.js';
import { METHODS } from './message-rules.js';
import './request.js';

/** The client left before its response, as nginx writes it: nothing was answered, and least of all 200. */
const NO_RESPONSE = 499;

/** What became of a request, once its response has closed. */
export function outcomeOf(req: Request, res: Response): { route: string; status: number } {
  const route: unknown = req.route?.path;
  return {
    route: typeof route === 'string' ? route : 'unmatched',
    status: res.headersSent ? res.statusCode : NO_RESPONSE,
  };
}

/**
 * First middleware: gives the request its correlation id, counts its response, and
 * writes its log line. The level is `debug` for success, `info` for a refusal and
 * `error` for a server error. At thousands of tokens a second, logging each success at
 * `info` would make the log the busiest part of the product.
 */
export function requestLog(logger: Logger, metrics: HttpMetrics) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    req.correlationId = givenCorrelationId(req);
    // 'close' is emitted after every response, even when the client disconnects first.
    res.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const method = METHODS.includes(req.method) ? req.method : 'OTHER';
      const { route, status } = outcomeOf(req, res);
      metrics.answered(method, route, status, seconds);
      const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
      if (!logger.isLevelEnabled(level)) return;
      logger[level](
        {
          correlation_id: loggedId(req),
          method,
          url: redactUrl(req.originalUrl),
          status,
          ms: Math.round(seconds * 1000),
          address: req.ip,
          ...(res.writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
    });
    next();
  };
}

/** Shorter ids are never credentials; they may occur inside a credential by chance. */
const SHORTEST_CREDENTIAL = 8;

/** As `newId` makes them, which the gateway and this process do for most requests. */
const OWN_ID = /^c_[\w-]{16}$/;

/** The client's correlation id, unless it is a credential: its own, or any other that is known. */
function givenCorrelationId(req: Request): string {
  const id = correlationId(req.headers['x-correlation-id']);
  if (id.length < SHORTEST_CREDENTIAL || OWN_ID.test(id)) return id;
  if (redactText(id) !== id) return correlationId(undefined);
  const { authorization = '', 'x-vx11-token': token = '' } = req.headers;
  const query = req.url.slice(req.url.indexOf('?') + 1);
  return `${query}\n${authorization}\n${String(token)}`.includes(id)
    ? correlationId(undefined)
    : id;
}
