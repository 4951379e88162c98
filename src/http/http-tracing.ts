import type { Request, RequestHandler } from 'express';
import { METHODS } from './message-rules.js';
import { loggedId } from './logged-id.js';
import { outcomeOf } from './request-log.js';

/** The span of one request while it is being answered. */
export interface RequestSpan {
  /** Trace context for whatever the request causes (W3C Trace Context, section 3.2). */
  readonly traceparent: string;
  end(answer: { route: string; status: number; correlationId: string }): void;
}

/** Records requests as spans. Never throws. */
export abstract class HttpTracing {
  /** @param headers only `traceparent` and `tracestate` are read; an invalid one starts a new trace */
  abstract request(
    method: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): RequestSpan;
}

/** The trace context that the request's events continue: its span's, or the client's own. */
export function traceparentOf(req: Request): string | undefined {
  const { traceparent } = req.headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
}

/**
 * Requests without a span: probes and scrapes, which come every second, and streams,
 * whose spans would stay open for an hour.
 */
const UNTRACED = /^\/(?:health|livez|readyz|metrics|operator\/api\/health)$|\/stream$/;

/**
 * Middleware: a span for each request, from its arrival to the end of its answer. The
 * request goes on with the span's own trace context, which the gateway forwards.
 */
export function traceRequests(tracing: HttpTracing): RequestHandler {
  return (req, res, next) => {
    if (UNTRACED.test(req.path)) {
      next();
      return;
    }
    const method = METHODS.includes(req.method) ? req.method : '_OTHER';
    const span = tracing.request(method, req.headers);
    req.headers['traceparent'] = span.traceparent;
    res.once('close', () => {
      span.end({ ...outcomeOf(req, res), correlationId: loggedId(req) });
    });
    next();
  };
}
