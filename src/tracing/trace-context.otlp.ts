import {
  createTraceState,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

/** A span context as a traceparent header (W3C Trace Context, section 3.2). */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`;
}

/** The span context in a traceparent; undefined when it is absent or not valid. */
export function readTraceparent(
  traceparent: unknown,
  tracestate?: unknown,
): SpanContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const context = parseTraceParent(traceparent);
  if (!context) return undefined;
  return {
    ...context,
    isRemote: true,
    ...(typeof tracestate === 'string' ? { traceState: createTraceState(tracestate) } : {}),
  };
}

/** What a new span gets as its parent. */
export function childOf(parent: SpanContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

export function insideOf(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}
