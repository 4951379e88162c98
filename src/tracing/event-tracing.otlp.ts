import {
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Attributes,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import {
  ATTR_CLOUDEVENTS_EVENT_ID,
  ATTR_CLOUDEVENTS_EVENT_SOURCE,
  ATTR_CLOUDEVENTS_EVENT_SPEC_VERSION,
  ATTR_CLOUDEVENTS_EVENT_TYPE,
  ATTR_MESSAGING_BATCH_MESSAGE_COUNT,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_MESSAGE_BODY_SIZE,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';
import type { LoggedEvent, NewEvent } from '../events/event.js';
import { EventTracing, type Delivery } from '../events/event-tracing.js';
import { childOf, insideOf, readTraceparent, traceparentOf } from './trace-context.otlp.js';

const DESTINATION = 'events';

/** What all of our messaging spans have (OpenTelemetry's messaging conventions). */
const messaging = (name: string, type: string): Attributes => ({
  [ATTR_MESSAGING_SYSTEM]: 'vx11',
  [ATTR_MESSAGING_DESTINATION_NAME]: DESTINATION,
  [ATTR_MESSAGING_OPERATION_NAME]: name,
  [ATTR_MESSAGING_OPERATION_TYPE]: type,
});

/**
 * Spans of events by the messaging and the CloudEvents conventions:
 *
 * - `publish events`, one for each event, child of the producer's trace context when the
 *   event has one, else of the request;
 * - `append events`, one for each append to the log; linked to the events when it holds several;
 * - `deliver events`, one for each event on each instance that has a stream for it, not one
 *   for each socket.
 */
export class OtlpEventTracing extends EventTracing {
  constructor(private readonly tracer: Tracer) {
    super();
  }

  async publish<Appended extends { readonly duplicates: number }>(
    events: readonly NewEvent[],
    traceparent: string | undefined,
    append: (events: readonly NewEvent[]) => Promise<Appended>,
  ): Promise<Appended> {
    const request = readTraceparent(traceparent);
    const published = events.map((event) => this.published(event, request));
    const spans = published.map(({ span }) => span);
    const appending = this.appending(spans, request);
    try {
      const appended = await append(published.map(({ event }) => event));
      appending.setAttribute('vx11.duplicates', appended.duplicates);
      return appended;
    } catch (error) {
      for (const span of [...spans, appending]) span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      appending.end();
      for (const span of spans) span.end();
    }
  }

  deliver(event: LoggedEvent): Delivery | undefined {
    const parent = contextOf(event.json);
    if (!parent || !(parent.traceFlags & TraceFlags.SAMPLED)) return undefined;
    const span = this.tracer.startSpan(
      `deliver ${DESTINATION}`,
      {
        kind: SpanKind.CONSUMER,
        attributes: {
          ...messaging('deliver', 'process'),
          [ATTR_CLOUDEVENTS_EVENT_TYPE]: event.type,
          'vx11.position': event.position,
        },
      },
      childOf(parent),
    );
    return span.isRecording() ? new DeliverySpan(span) : undefined;
  }

  /** The span of one event, and the event with a trace context. The producer's own stays. */
  private published(
    event: NewEvent,
    request: SpanContext | undefined,
  ): { span: Span; event: NewEvent } {
    const own = contextOf(event.json);
    const links: Link[] = own && request ? [{ context: request }] : [];
    const span = this.tracer.startSpan(
      `publish ${DESTINATION}`,
      { kind: SpanKind.PRODUCER, links, attributes: attributesOf(event) },
      childOf(own ?? request),
    );
    if (own) return { span, event };
    const traceparent = traceparentOf(span.spanContext());
    // An event is a non-empty object, so a member follows the brace.
    const json = `{"traceparent":"${traceparent}",${event.json.slice(1)}`;
    return { span, event: { ...event, json } };
  }

  private appending(spans: readonly Span[], request: SpanContext | undefined): Span {
    const [first] = spans;
    const isBatch = spans.length > 1;
    return this.tracer.startSpan(
      `append ${DESTINATION}`,
      {
        kind: SpanKind.INTERNAL,
        links: isBatch ? spans.map((span) => ({ context: span.spanContext() })) : [],
        attributes: {
          ...messaging('append', 'send'),
          [ATTR_MESSAGING_BATCH_MESSAGE_COUNT]: spans.length,
        },
      },
      first && !isBatch ? insideOf(first) : childOf(request),
    );
  }
}

function attributesOf(event: NewEvent): Attributes {
  return {
    ...messaging('publish', 'create'),
    [ATTR_MESSAGING_MESSAGE_ID]: event.id,
    [ATTR_MESSAGING_MESSAGE_BODY_SIZE]: Buffer.byteLength(event.json),
    [ATTR_CLOUDEVENTS_EVENT_ID]: event.id,
    [ATTR_CLOUDEVENTS_EVENT_SOURCE]: event.source,
    [ATTR_CLOUDEVENTS_EVENT_SPEC_VERSION]: '1.0',
    [ATTR_CLOUDEVENTS_EVENT_TYPE]: event.type,
  };
}

const TRACEPARENT = '"traceparent":"';

/**
 * The trace context among the attributes of an event. Attributes are scalars, and quotes
 * inside strings are escaped, so the first unescaped `"data":` ends them; a producer may
 * name a member of its data `traceparent`.
 */
function contextOf(json: string): SpanContext | undefined {
  const at = json.indexOf(TRACEPARENT);
  if (at < 0) return undefined;
  const start = at + TRACEPARENT.length;
  const data = json.search(/"data(?:_base64)?":/);
  return data >= 0 && data < at
    ? undefined
    : readTraceparent(json.slice(start, json.indexOf('"', start)));
}

class DeliverySpan implements Delivery {
  private groups = 0;
  private streams = 0;

  constructor(private readonly span: Span) {}

  queued(): void {
    this.groups += 1;
  }

  wrote(sockets: number): void {
    this.streams += sockets;
  }

  done(): void {
    this.groups -= 1;
    if (this.groups > 0) return;
    this.span.setAttribute('vx11.streams', this.streams);
    this.span.end();
  }
}
