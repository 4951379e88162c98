import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import { HttpTracing, type RequestSpan } from '../http/http-tracing.js';
import { childOf, readTraceparent, traceparentOf } from './trace-context.otlp.js';

/**
 * Server spans by the HTTP conventions. They hold the route, never the URL: a URL may
 * hold a token.
 */
export class OtlpHttpTracing extends HttpTracing {
  constructor(private readonly tracer: Tracer) {
    super();
  }

  request(
    method: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): RequestSpan {
    const parent = readTraceparent(headers['traceparent'], headers['tracestate']);
    const span = this.tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { [ATTR_HTTP_REQUEST_METHOD]: method } },
      childOf(parent),
    );
    return {
      traceparent: traceparentOf(span.spanContext()),
      end({ route, status, correlationId }) {
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          [ATTR_HTTP_ROUTE]: route,
          [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
          'vx11.correlation_id': correlationId,
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }
}
