import { randomUUID } from 'node:crypto';
import { EventSource } from 'eventsource';
import { Agent } from 'node:http';
import { event, type Caller } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { ask, exchange } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

const POSITION = /^\d{13}-\d+$/;

describe('the stream', () => {
  const { backend, caller } = withBackend({ VX11_SNAPSHOT_EVENTS: '5' });
  const open: StreamReader[] = [];

  afterEach(async () => {
    await Promise.all(open.splice(0).map((stream) => stream.close()));
  });

  async function stream(wish: Parameters<Caller['stream']>[0] = {}): Promise<StreamReader> {
    const reader = await caller.stream(wish);
    open.push(reader);
    return reader;
  }

  /** Live, with what its opening wrote behind it. */
  async function live(query = ''): Promise<StreamReader> {
    const reader = await stream({ query });
    await reader.named('snapshot');
    return reader;
  }

  /** A stream that ends by itself, read to its end. */
  async function ended(query: string) {
    const reader = await stream({ query });
    expect(await reader.ended).toBe('clean');
    return reader;
  }

  describe('on the wire', () => {
    it('begins with retry: in the block of the snapshot, then live events', async () => {
      const reader = await live('&module=wire');
      await caller.publish(event({ module: 'wire' }));
      await reader.ofType('test.event');
      expect(reader.raw).toMatch(/^retry: \d{3,4}\nevent: snapshot\ndata: \{.*\}\n\nid: \d+-\d+\n/);
      expect(reader.retry).toBeGreaterThanOrEqual(500);
    });

    it.each([
      ['a snapshot', '&follow=false', 'event: snapshot'],
      ['a snapshot of nothing', '&module=nobody&follow=false', 'event: snapshot'],
      ['nothing missed', '&module=nobody&follow=false&lastEventId=', 'event: recovered'],
      ['missed events', '&follow=false&lastEventId=1-0', 'id: [0-9]+-[0-9]+'],
      ['a last id that is no position', '&follow=false&lastEventId=x', 'event: gap'],
    ])('has no block without data, with %s', async (_, more, first) => {
      const { frames } = await ended('&follow=false');
      const { latest } = frames[0]!.data as { latest: string };
      const reader = await ended(more.replace(/lastEventId=$/, `lastEventId=${latest}`));
      const blocks = reader.raw.split('\n\n');
      expect(blocks.pop()).toBe('');
      expect(blocks[0]).toMatch(new RegExp(`^retry: \\d{3,4}\n${first}\ndata: `));
      for (const block of blocks) expect(block).toMatch(/^data: ./m);
    });

    it('carries exactly the headers of the contract', async () => {
      const { status, headers } = await live();
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-store, no-transform',
        'x-accel-buffering': 'no',
        'referrer-policy': 'no-referrer',
        'x-correlation-id': expect.stringMatching(/^c_/),
      });
      expect(headers).not.toHaveProperty('deprecation');
      expect(headers).not.toHaveProperty('etag');
    });

    it('is never compressed, even when the client asks for it', async () => {
      const reader = await stream({ headers: { 'accept-encoding': 'gzip, br, deflate, zstd' } });
      await reader.named('snapshot');
      expect(reader.headers).not.toHaveProperty('content-encoding');
      expect(reader.raw).toContain('retry: ');
    });

    it('gives an id to every event, its position, and to nothing else', async () => {
      const reader = await live('&module=wire');
      await caller.publish(event({ module: 'wire' }), event({ module: 'wire' }));
      await reader.ofType('test.event');
      await reader.ofType('test.event');
      for (const { name, id, data } of reader.frames) {
        expect(id).toBe(name === undefined ? data.position : undefined);
      }
      expect(reader.events).toHaveLength(2);
      expect(reader.events[0]?.id).toMatch(POSITION);
    });

    it('answers HEAD with the head alone, and holds nothing open', async () => {
      const token = await caller.issue();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { status, headers, text } = await ask(
        backend.url,
        `/operator/api/events/stream?token=${token}`,
        { method: 'HEAD', headers: { 'user-agent': 'head-only' }, agent },
      );
      expect([status, headers['content-type'], text]).toEqual([200, 'text/event-stream', '']);
      // On the same connection: nothing is left behind that it would wait for.
      expect((await caller.api('/streams', { agent })).text).not.toContain('head-only');
      agent.destroy();
    });

    it('ends with its connection where the client asks for that', async () => {
      const token = await caller.issue();
      const got = await exchange(
        backend.url,
        `GET /operator/api/events/stream?token=${token}&follow=false HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n[^]*0\r\n\r\n$/);
    });
  });

  describe('its snapshot', () => {
    it('holds the latest matching events, oldest first, and where they end', async () => {
      for (let n = 0; n < 8; n += 1) await caller.publish(event({ module: 'snap', data: { n } }));
      await caller.publish(event({ module: 'other' }));
      const { data } = await (await stream({ query: '&module=snap' })).named('snapshot');
      expect(data.events.map((each: { data: { n: number } }) => each.data.n)).toEqual([
        3, 4, 5, 6, 7,
      ]);
      expect(data.latest).toMatch(POSITION);
    });

    it('of a started system that nobody fed tells that the service is up', async () => {
      const { data } = await (await stream({ query: '&type=vx11.service.*' })).named('snapshot');
      expect(data.events).toEqual([
        expect.objectContaining({ type: 'vx11.service.up', module: 'operator-backend' }),
      ]);
    });

    it('is all there is with follow=false: then the stream ends', async () => {
      const reader = await stream({ query: '&follow=false' });
      expect(await reader.ended).toBe('clean');
      expect(reader.frames.map(({ name }) => name)).toEqual(['snapshot']);
    });
  });

  describe('an event', () => {
    it('arrives as CloudEvents JSON, with the extensions of the contract', async () => {
      const reader = await live('&module=shop');
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const sent = event({
        type: 'shop.order',
        source: 'https://shop.example/orders',
        module: 'shop',
        severity: 'warn',
        correlationid: 'order-7',
        time: '2026-01-31T09:30:00.123Z',
        traceparent,
        tenant: 'blue',
        data: { total: 12.5 },
      });
      await caller.publish(sent);
      const { data, id } = await reader.ofType('shop.order');
      expect(data).toEqual({ ...sent, position: id });
    });

    it('gets what its producer left out: time, severity, module, correlationid', async () => {
      const reader = await live('&module=checkout');
      await caller.post(
        '/events',
        JSON.stringify(event({ source: '/shop/checkout', module: undefined, severity: undefined })),
        {
          'content-type': 'application/cloudevents+json',
          'x-correlation-id': 'given-by-the-caller',
        },
      );
      const { data } = await reader.ofType('test.event');
      expect(data).toMatchObject({
        severity: 'info',
        module: 'checkout',
        correlationid: 'given-by-the-caller',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    });

    it('stays one event whatever text its data holds', async () => {
      const reader = await live('&module=forge');
      const text = 'a\n\nid: 1-1\ndata: {"forged":true}\n\r\r\n\u0000\u2028event: goodbye\n\n';
      await caller.publish(event({ module: 'forge', data: { text, [text]: text } }));
      await caller.publish(event({ module: 'forge', type: 'test.last' }));
      await reader.ofType('test.last');
      expect(reader.events.map(({ data }) => data.type)).toEqual(['test.event', 'test.last']);
      expect(reader.events[0]?.data.data).toEqual({ text, [text]: text });
      expect(reader.frames.map(({ name }) => name)).not.toContain('goodbye');
    });

    it('reaches an independent EventSource, by addEventListener and by onmessage', async () => {
      const source = new EventSource(
        `${backend.url}/operator/api/events/stream?token=${await caller.issue()}&module=native`,
      );
      const heard = new Promise<{ data: string; lastEventId: string }>((resolve, reject) => {
        source.onmessage = resolve;
        source.onerror = ({ message }) => reject(new Error(message));
      });
      await new Promise((resolve) => source.addEventListener('snapshot', resolve));
      await caller.publish(event({ module: 'native' }));
      const { data, lastEventId } = await heard;
      source.close();
      expect(JSON.parse(data)).toMatchObject({ module: 'native', position: lastEventId });
    });
  });

  describe('its filter', () => {
    const published = [
      event({ type: 'a.one', module: 'm1', severity: 'info' }),
      event({ type: 'a.two', module: 'm1', severity: 'error' }),
      event({ type: 'b.one', module: 'm2', severity: 'error' }),
      event({ type: 'b.two', module: 'm,2', severity: 'critical' }),
    ];

    it.each([
      ['one severity', 'severity=error', ['a.two', 'b.one']],
      ['a comma list', 'severity=error,critical', ['a.two', 'b.one', 'b.two']],
      ['a repeated parameter', 'severity=error&severity=critical', ['a.two', 'b.one', 'b.two']],
      ['several fields, which all must match', 'severity=error&module=m1', ['a.two']],
      ['a type with a star', 'type=a.*', ['a.one', 'a.two']],
      ['a type and a star', 'type=b.one,a.*', ['a.one', 'a.two', 'b.one']],
      ['blanks, which count as nothing', 'severity=&module=,&type=a.*,', ['a.one', 'a.two']],
    ])('takes %s', async (_, query, expected) => {
      const reader = await live(`&${query}`);
      for (const each of published) await caller.publish({ ...each, id: randomUUID() });
      await caller.publish(event({ type: 'a.end', module: 'm1', severity: 'error' }));
      await reader.ofType('a.end');
      expect(reader.events.map(({ data }) => data.type)).toEqual([...expected, 'a.end']);
    });

    it('of the token narrows what its stream may read, and the query cannot widen it', async () => {
      const token = await caller.issue({ filter: { module: ['m1'], severity: ['error'] } });
      const reader = await stream({ token, query: '&module=m1,m2&type=*' });
      await reader.named('snapshot');
      for (const each of published) await caller.publish({ ...each, id: randomUUID() });
      await caller.publish(event({ type: 'end', module: 'm1', severity: 'error' }));
      await reader.ofType('end');
      expect(reader.events.map(({ data }) => data.type)).toEqual(['a.two', 'end']);
    });

    it('takes sources and subjects, whole or by their prefix, from token and query', async () => {
      const token = await caller.issue({ filter: { source: ['/shop/*'] } });
      const reader = await stream({ token, query: '&subject=o1,end&source=*' });
      await reader.named('snapshot');
      await caller.publish(
        event({ type: 'c.one', source: '/shop/eu', subject: 'o1' }),
        event({ type: 'c.two', source: '/shop/eu', subject: 'o2' }),
        event({ type: 'c.three', source: '/ship', subject: 'o1' }),
        event({ type: 'c.four', source: '/shop/eu' }),
        event({ type: 'end', source: '/shop/us', subject: 'end' }),
      );
      await reader.ofType('end');
      expect(reader.events.map(({ data }) => data.type)).toEqual(['c.one', 'end']);
    });
  });
});

itLeaksNoToken();
