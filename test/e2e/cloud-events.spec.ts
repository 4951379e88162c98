import { randomUUID } from 'node:crypto';
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
    expect(page).toEqual({ events: [], publishers: [], next: null });
  });
});

itLeaksNoToken();
