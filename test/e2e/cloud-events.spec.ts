import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudEvent, HTTP } from 'cloudevents';
import { event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { BATCH, PLAIN, publishRaw, STRUCTURED } from '../support/publishing.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

describe('publishing, by the CloudEvents SDK as an independent producer', () => {
  const { caller } = withBackend();
  let reader: StreamReader;

  beforeEach(async () => {
    reader = await caller.stream({ query: '&type=sdk.*' });
    await reader.named('snapshot');
  });

  afterEach(() => reader.close());

  const made = (fields: object = {}) =>
    new CloudEvent({
      source: 'https://shop.example/orders?a=b#c',
      type: 'sdk.order',
      subject: 'order 7',
      time: '2026-01-31T09:30:00.123Z',
      severity: 'warn',
      module: 'shop',
      tenant: 'blue',
      datacontenttype: 'application/json',
      data: { total: 12.5, items: [{ n: 1 }] },
      ...fields,
    });

  it.each(['structured', 'binary'] as const)('takes the %s form, nothing changed', async (form) => {
    const sent = made();
    const { headers, body } = HTTP[form](sent);
    const answer = await publishRaw(caller, headers as Record<string, string>, body as string);
    expect(answer).toMatchObject({
      status: 202,
      json: { accepted: 1, duplicates: 0, ids: [sent.id] },
    });
    const { data } = await reader.ofType('sdk.order');
    expect(data).toMatchObject(JSON.parse(JSON.stringify(sent)));
  });

  it('takes a batch, in its order', async () => {
    const sent = Array.from({ length: 5 }, (_, n) => made({ data: { n } }).toJSON());
    const { json } = await publishRaw(caller, BATCH, sent);
    expect(json).toEqual({ accepted: 5, duplicates: 0, ids: sent.map(({ id }) => id) });
    await reader.next('the last', ({ data }) => data.data?.n === 4);
    expect(reader.events.map(({ data }) => data.data.n)).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([
    [
      'bytes',
      'application/octet-stream',
      Buffer.from([0, 255, 13, 10]),
      { data_base64: 'AP8NCg==' },
    ],
    ['text', 'text/plain', 'a\nb', { data: 'a\nb' }],
    ['no data', undefined, '', {}],
  ])('takes %s in the binary form', async (_, type, body, expected) => {
    await publishRaw(
      caller,
      {
        'ce-specversion': '1.0',
        'ce-id': randomUUID(),
        'ce-source': '/sdk',
        'ce-type': 'sdk.binary',
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      body,
    );
    const { data } = await reader.ofType('sdk.binary');
    expect({ data: data.data, data_base64: data.data_base64 }).toEqual({
      data: undefined,
      data_base64: undefined,
      ...expected,
    });
  });

  it('reads percent-encoded headers, in which the binary form writes what is not ASCII', async () => {
    const subject = 'order \u00fc\u{1f4e6}';
    await publishRaw(
      caller,
      {
        'ce-specversion': '1.0',
        'ce-id': randomUUID(),
        'ce-source': '/sdk',
        'ce-type': 'sdk.encoded',
        'ce-subject': encodeURIComponent(subject),
      },
      '',
    );
    expect((await reader.ofType('sdk.encoded')).data.subject).toBe(subject);
  });

  const binary = (headers: Record<string, string>, body: string | Buffer = '') =>
    publishRaw(
      caller,
      {
        'ce-specversion': '1.0',
        'ce-id': randomUUID(),
        'ce-source': '/sdk',
        'ce-type': 'sdk.shape',
        ...headers,
      },
      body,
    );

  it.each([
    ['quoted, with escaped quotes', '"a \\"b\\""', 'a "b"'],
    ['raw UTF-8', Buffer.from('Zürich').toString('latin1'), 'Zürich'],
    ['Latin-1', 'Zürich', 'Zürich'],
    ['a bare %', '100%', '100%'],
    ['a % before letters', '50%ab', '50%ab'],
    ['percent-encoded', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['percent-encoded twice, decoded once', '%2525', '%25'],
    ['a quote that does not close', '"a', '"a'],
  ])('reads a header that is %s', async (_, header, subject) => {
    expect((await binary({ 'ce-subject': header })).status).toBe(202);
    expect((await reader.ofType('sdk.shape')).data.subject).toBe(subject);
  });

  it.each<[string, string, string | Buffer, object]>([
    [
      'application/json; charset=utf8',
      'application/json; charset=utf8',
      '{"a":1}',
      { data: { a: 1 } },
    ],
    ['text/json', 'text/json', '[1]', { data: [1] }],
    ['a type that ends in +json', 'application/vnd.x+json', '{}', { data: {} }],
    ['JSON after a byte order mark', 'application/json', '\ufeff{}', { data: {} }],
    ['application/json-seq', 'application/json-seq', '\u001e{}\n', { data_base64: 'Hnt9Cg==' }],
    [
      'JSON in another charset',
      'application/json; charset=iso-8859-1',
      Buffer.from([0x22, 0xfc, 0x22]),
      { data_base64: 'Ivwi' },
    ],
    [
      'text in another charset',
      'text/xml; charset=ISO-8859-1',
      Buffer.from([0x3c, 0xfc, 0x3e]),
      { data_base64: 'PPw+' },
    ],
    ['text that is not UTF-8', 'text/plain', Buffer.from([0xfc]), { data_base64: '/A==' }],
    ['text with a byte order mark', 'text/plain', '\ufeffa', { data: '\ufeffa' }],
    ['a Content-Type that is none', 'nonsense', 'a', { data_base64: 'YQ==' }],
  ])('keeps %s in the binary form', async (_, type, body, expected) => {
    expect((await binary({ 'content-type': type }, body)).status).toBe(202);
    expect((await reader.ofType('sdk.shape')).data).toMatchObject(expected);
  });

  it.each([
    ['lower-case letters', '2026-01-31t09:30:00z'],
    ['20 fraction digits', '2026-01-31T09:30:00.12345678901234567890+05:30'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['a leap second with an offset', '2017-01-01T01:59:60+02:00'],
    ['February 29th', '2024-02-29T00:00:00Z'],
  ])('takes a time with %s, as it came', async (_, time) => {
    await publishRaw(caller, STRUCTURED, event({ type: 'sdk.time', time }));
    expect((await reader.ofType('sdk.time')).data.time).toBe(time);
  });

  it('takes id, source and subject of 2,048 bytes', async () => {
    const long = `/${'ü'.repeat(1023)}x`;
    const sent = { type: 'sdk.long', id: long, source: long, subject: long };
    expect((await publishRaw(caller, STRUCTURED, event(sent))).status).toBe(202);
    expect((await reader.ofType('sdk.long')).data).toMatchObject(sent);
  });

  it("takes Dapr's envelope: the empty extension stays, the invalid trace context goes", async () => {
    const sent = readFileSync(join(import.meta.dirname, '../cases/dapr.json'), 'utf8');
    expect(
      (await publishRaw(caller, STRUCTURED, sent.replace('com.dapr', 'sdk.dapr'))).status,
    ).toBe(202);
    const { data } = await reader.ofType('sdk.dapr.event.sent');
    expect(data).toMatchObject({ topic: 'orders', pubsubname: 'pubsub', data: { orderId: 1 } });
    expect(data).not.toHaveProperty('traceparent');
    expect(data).not.toHaveProperty('tracestate');
  });

  it("takes Knative's PingSource, in the binary form as it sends it", async () => {
    const answer = await binary(
      {
        'ce-type': 'sdk.knative.sources.ping',
        'ce-source': '/apis/v1/namespaces/default/pingsources/test-ping-source',
        'ce-knativearrivaltime': '2026-01-31T09:30:00.000255Z',
        'ce-traceparent': `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
        'content-type': 'application/json',
      },
      '{"message": "Hello world!"}',
    );
    expect(answer.status).toBe(202);
    const { data } = await reader.ofType('sdk.knative.sources.ping');
    expect(data).toMatchObject({
      module: 'test-ping-source',
      knativearrivaltime: '2026-01-31T09:30:00.000255Z',
      data: { message: 'Hello world!' },
    });
  });

  it('takes empty extensions, and reads an empty one of ours as absent', async () => {
    await publishRaw(
      caller,
      STRUCTURED,
      event({ type: 'sdk.empty', tenant: '', severity: '', module: '', correlationid: '' }),
    );
    expect((await reader.ofType('sdk.empty')).data).toMatchObject({
      tenant: '',
      severity: 'info',
      module: 'test',
      correlationid: expect.stringMatching(/./),
    });
  });

  it('takes the plain form, with an id, a source and a time of its own making', async () => {
    await publishRaw(caller, PLAIN, {
      event_type: 'sdk.plain',
      module: 'cron job',
      severity: 'error',
      summary: 'The backup failed',
      payload: { exit: 1 },
      correlation_id: 'night-1',
    });
    const { data } = await reader.ofType('sdk.plain');
    expect(data).toMatchObject({
      specversion: '1.0',
      id: expect.any(String),
      source: '/cron%20job',
      module: 'cron job',
      severity: 'error',
      correlationid: 'night-1',
      data: { summary: 'The backup failed', payload: { exit: 1 } },
    });
  });

  it('accepts the same source and id once, and counts the duplicate', async () => {
    const one = event({ type: 'sdk.twice' });
    const first = await publishRaw(caller, STRUCTURED, one);
    expect(first.json).toEqual({ accepted: 1, duplicates: 0, ids: [one['id']] });
    const again = await publishRaw(caller, BATCH, [one, event({ type: 'sdk.end' }), one]);
    expect(again.json).toMatchObject({ accepted: 1, duplicates: 2 });
    await reader.ofType('sdk.end');
    expect(reader.events.map(({ data }) => data.type)).toEqual(['sdk.twice', 'sdk.end']);
  });

  it('takes the same id from another source as another event', async () => {
    const one = event({ type: 'sdk.same' });
    const { json } = await publishRaw(caller, BATCH, [one, { ...one, source: '/elsewhere' }]);
    expect(json).toMatchObject({ accepted: 2, duplicates: 0 });
  });
});

describe('history for polling clients', () => {
  const { caller } = withBackend();

  beforeAll(async () => {
    await caller.publishMany('poll', 250);
  });

  async function walk(direction: 'before' | 'after', start?: string) {
    const pages: number[][] = [];
    let from = start;
    do {
      const query = from === undefined ? '' : `&${direction}=${from}`;
      const { json } = await caller.api(`/events?type=poll&limit=100${query}`);
      pages.push(json.events.map((each: { data: { n: number } }) => each.data.n));
      from = json.next;
    } while (from);
    return pages;
  }

  it('begins with the newest page and goes back by next, each in the order of the log', async () => {
    const pages = await walk('before');
    expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(pages.toReversed().flat()).toEqual(Array.from({ length: 250 }, (_, n) => n));
  });

  it('goes forward from a position by next', async () => {
    const pages = await walk('after', '0-0');
    expect(pages.flat()).toEqual(Array.from({ length: 250 }, (_, n) => n));
  });

  it('has nothing after the newest: no events, next null', async () => {
    const { json } = await caller.api('/events?limit=1');
    const { json: page } = await caller.api(`/events?after=${json.events[0].position}`);
    expect(page).toEqual({
      events: [],
      publishers: [],
      next: null,
      searched_back_to: null,
      latest: json.events[0].position,
      gap: null,
    });
  });
});

itLeaksNoToken();
