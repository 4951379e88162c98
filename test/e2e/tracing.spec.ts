import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startBackend, type TestBackend } from '../support/backend.js';
import { event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { startService, type Service } from '../support/service.js';
import { itLeaksNoToken } from '../support/secrets.js';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly links?: readonly { readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}
interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}
/** A span with what the assertions are about. */
interface Seen extends OtlpSpan {
  readonly service: unknown;
  readonly values: Readonly<Record<string, unknown>>;
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SERVER = 2;
const PRODUCER = 4;
const CONSUMER = 5;

const valuesOf = (attributes: OtlpSpan['attributes']) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]));

describe('tracing to a local OTLP receiver', () => {
  let receiver: Service;
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    receiver = await startService((_request, res) => {
      res.setHeader('content-type', 'application/json').end('{}');
    });
    const env = {
      VX11_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-scope-orgid=operations%20team',
    };
    backend = await startBackend(env);
    gateway = await startGateway({
      ...env,
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
    });
  });
  afterAll(async () => {
    await gateway?.close();
    await backend?.close();
    await receiver?.close();
  });

  const exported = (): Seen[] =>
    receiver.received
      .filter(({ url }) => url === '/v1/traces')
      .flatMap(({ body }) => (JSON.parse(body) as Exported).resourceSpans)
      .flatMap(({ resource, scopeSpans }) =>
        scopeSpans
          .flatMap(({ spans }) => spans)
          .map((span) => ({
            ...span,
            service: valuesOf(resource.attributes)['service.name'],
            values: valuesOf(span.attributes),
          })),
      );
  const traceWith = (traceId: string, spans: number) =>
    eventually(
      () => Promise.resolve(exported().filter((span) => span.traceId === traceId)),
      (list) => list.length >= spans,
    );

  async function publish(event: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${gateway.url}/operator/api/events`, {
      method: 'POST',
      headers: {
        'X-VX11-Token': backend.token,
        'Content-Type': 'application/cloudevents+json',
        ...headers,
      },
      body: JSON.stringify({ specversion: '1.0', source: '/shop', type: 'order.paid', ...event }),
    });
  }

  it('shows publishing, the log and the delivery in one trace, through the gateway', async () => {
    const stream = await gateway.caller.stream();
    const answer = await publish(
      { id: 'traced-1', data: { traceparent: 'data of the producer' } },
      { traceparent: `00-${TRACE}-${PARENT}-01` },
    );
    expect(answer.status).toBe(202);
    const { data } = await eventually(
      () => Promise.resolve(stream.frames.find((frame) => frame.data?.id === 'traced-1')),
      (frame) => frame !== undefined,
    ).then((frame) => frame as { data: Record<string, unknown> });
    await stream.close();

    const spans = await traceWith(TRACE, 5);
    const named = (service: string, name: string) =>
      spans.find((span) => span.service === service && span.name === name) as Seen;
    const atGateway = named('tentaculo-link', 'POST /operator/api/*path');
    const atBackend = named('operator-backend', 'POST /operator/api/events');
    const published = named('operator-backend', 'publish events');
    const appended = named('operator-backend', 'append events');
    const delivered = named('operator-backend', 'deliver events');
    expect(spans).toHaveLength(5);
    expect([
      atGateway.parentSpanId,
      atBackend.parentSpanId,
      published.parentSpanId,
      appended.parentSpanId,
      delivered.parentSpanId,
    ]).toEqual([PARENT, atGateway.spanId, atBackend.spanId, published.spanId, published.spanId]);
    expect([atGateway.kind, published.kind, delivered.kind]).toEqual([SERVER, PRODUCER, CONSUMER]);
    expect(published.values).toMatchObject({
      'messaging.system': 'vx11',
      'messaging.destination.name': 'events',
      'messaging.operation.type': 'create',
      'messaging.message.id': 'traced-1',
      'cloudevents.event_id': 'traced-1',
      'cloudevents.event_source': '/shop',
      'cloudevents.event_type': 'order.paid',
    });
    expect(delivered.values).toMatchObject({
      'messaging.operation.type': 'process',
      'vx11.streams': 1,
      'vx11.position': data['position'],
    });
    // A consumer continues the trace from the event itself.
    expect(data['traceparent']).toBe(`00-${TRACE}-${published.spanId}-01`);
    expect(data['data']).toEqual({ traceparent: 'data of the producer' });
  });

  it('keeps the trace context that an event came with, and delivers in that trace', async () => {
    const own = 'a'.repeat(32);
    const traceparent = `00-${own}-${PARENT}-01`;
    const stream = await gateway.caller.stream();
    await publish({ id: 'traced-2', traceparent, tracestate: 'vendor=1' });
    const frames = await eventually(
      () => Promise.resolve(stream.frames.filter((frame) => frame.data?.id === 'traced-2')),
      (list) => list.length > 0,
    );
    await stream.close();
    expect(frames[0]?.data).toMatchObject({ traceparent, tracestate: 'vendor=1' });
    const spans = await traceWith(own, 3);
    expect(spans.map(({ name }) => name).sort()).toEqual([
      'append events',
      'deliver events',
      'publish events',
    ]);
    expect(spans.find(({ name }) => name === 'publish events')?.links).toHaveLength(1);
  });

  it('records nothing of a trace that its producer does not record', async () => {
    const own = 'b'.repeat(32);
    const last = 'c'.repeat(32);
    await publish({ id: 'traced-3' }, { traceparent: `00-${own}-${PARENT}-00` });
    await publish({ id: 'traced-4' }, { traceparent: `00-${last}-${PARENT}-01` });
    await traceWith(last, 4);
    expect(exported().filter(({ traceId }) => traceId === own)).toEqual([]);
  });

  it('has no span for streams and probes, and no query of any request', async () => {
    const token = await gateway.caller.issue();
    const stream = await gateway.caller.stream({ token });
    await stream.close();
    await fetch(`${gateway.url}/health`);
    const history = await gateway.caller.api('/events?limit=1&q=needle');
    expect(history.status).toBe(200);
    const spans = await eventually(
      () => Promise.resolve(exported()),
      (list) => list.some(({ name }) => name === 'GET /operator/api/events'),
    );
    expect(spans.filter(({ name }) => /stream|health|readyz/.test(name))).toEqual([]);
    const bodies = receiver.received.map(({ body }) => body).join();
    expect(bodies).not.toContain(token);
    expect(bodies).not.toContain(backend.token);
    expect(bodies).not.toContain('needle');
  });

  it('says of a request whose client left that nothing was answered', async () => {
    const seen: unknown[] = [];
    for (const [service, { url }] of Object.entries({
      'operator-backend': backend,
      'tentaculo-link': gateway,
    })) {
      const own = randomBytes(16).toString('hex');
      const { hostname, port } = new URL(url);
      const client = connect(Number(port), hostname);
      client.write(
        `POST /operator/api/events HTTP/1.1\r\nHost: ${hostname}\r\nX-VX11-Token: ${backend.token}\r\n` +
          `traceparent: 00-${own}-${PARENT}-01\r\nContent-Type: application/json\r\n` +
          'Content-Length: 9\r\nExpect: 100-continue\r\n\r\n',
      );
      // It waits for the body.
      await once(client, 'data');
      client.destroy();
      const spans = await traceWith(own, 1);
      const span = spans.find((one) => one.service === service);
      seen.push([span?.name, span?.values['http.response.status_code']]);
    }
    expect(seen).toEqual([
      ['POST /operator/api/events', 499],
      ['POST /operator/api/*path', 499],
    ]);
  });

  it('sends the configured headers to the endpoint', () => {
    expect(receiver.received[0]?.headers['x-scope-orgid']).toBe('operations team');
  });
});

describe('tracing without a usable endpoint', () => {
  it('changes nothing while none is configured', async () => {
    const backend = await startBackend();
    const stream = await backend.caller.stream();
    await backend.caller.publish(event({ type: 'a.b' }));
    const frame = await eventually(
      () => Promise.resolve(stream.frames.find(({ data }) => data?.type === 'a.b')),
      (found) => found !== undefined,
    );
    await stream.close();
    await backend.close();
    expect(frame?.data).toMatchObject({ type: 'a.b' });
    expect(frame?.data).not.toHaveProperty('traceparent');
  });

  it('an endpoint that nobody listens at costs spans, and no event', async () => {
    const gone = await startService();
    await gone.close();
    const backend = await startBackend({ OTEL_EXPORTER_OTLP_ENDPOINT: gone.url });
    const answer = await backend.caller.publish(event());
    await backend.close();
    expect(answer.status).toBe(202);
    expect(backend.log.filter((line) => line.includes('Traces are lost'))).toHaveLength(1);
  });
});

itLeaksNoToken();
