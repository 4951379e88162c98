import { event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { exchange } from '../support/http.js';
import {
  BATCH,
  expectRefused,
  newestTaken,
  PLAIN,
  publishRaw,
  STRUCTURED,
} from '../support/publishing.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** The last one is the forged frame of a stream, were it written raw. */
const CONTROLS: [string, string][] = [
  ['CR', 'a\rb'],
  ['LF', 'a\nb'],
  ['CRLF', 'a\r\nb'],
  ['NUL', 'a\u0000b'],
  ['a whole forged frame', 'a\n\ndata: {"forged":true}\n\n'],
];

describe('publishing what is not valid', () => {
  const { backend } = withBackend();

  describe('control characters: invalid_event, nothing taken', () => {
    const cases = ['id', 'type', 'source', 'subject', 'correlationid', 'module'].flatMap((name) =>
      CONTROLS.map(([control, text]) => [control, name, text] as const),
    );

    it.each(cases)('%s in %s of a structured event', (_, name, text) =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, STRUCTURED, event({ [name]: text })),
        400,
        'invalid_event',
        `/${name}`,
      ),
    );

    it.each(cases)('%s in %s of one event of a batch', (_, name, text) =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, BATCH, [event(), event({ [name]: text }), event()]),
        400,
        'invalid_event',
        `/1/${name}`,
      ),
    );

    it.each(cases)('%s, percent-encoded, in ce-%s of a binary event', (_, name, text) => {
      const headers = Object.fromEntries(
        Object.entries(event({ [name]: text })).map(([key, value]) => [
          `ce-${key}`,
          encodeURIComponent(String(value)),
        ]),
      );
      return expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, { ...PLAIN, ...headers }, '{}'),
        400,
        'invalid_event',
        `/${name}`,
      );
    });

    it.each(
      ['event_type', 'module', 'correlation_id'].flatMap((name) =>
        CONTROLS.map(([control, text]) => [control, name, text] as const),
      ),
    )('%s in %s of the plain form', (_, name, text) =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, PLAIN, { event_type: 'a', module: 'b', [name]: text }),
        400,
        'invalid_event',
        `/${name}`,
      ),
    );

    it.each([
      ['CR', 'a\rb'],
      ['LF', 'a\nb'],
      ['NUL', 'a\u0000b'],
    ])('a raw %s in ce-id, which no HTTP client would send', async (_, text) => {
      const before = await newestTaken(backend.caller);
      const answer = await exchange(
        backend.url,
        `POST /operator/api/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
          `X-VX11-Token: ${backend.token}\r\nContent-Type: application/json\r\n` +
          `ce-specversion: 1.0\r\nce-id: ${text}\r\nce-type: a\r\nce-source: /a\r\n` +
          `Content-Length: 2\r\n\r\n{}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_(request|event)"/);
      expect(await newestTaken(backend.caller)).toBe(before);
    });
  });

  describe('attributes: invalid_event naming the field', () => {
    it.each([
      ['no type', { type: undefined }, '/type'],
      ['no id', { id: undefined }, '/id'],
      ['no source', { source: undefined }, '/source'],
      ['no specversion', { specversion: undefined }, '/specversion'],
      ['another specversion', { specversion: '0.3' }, '/specversion'],
      ['an empty type', { type: '' }, '/type'],
      ['a type that is a number', { type: 7 }, '/type'],
      ['an id that is an object', { id: {} }, '/id'],
      ['an id of 2,049 bytes', { id: 'x'.repeat(2049) }, '/id'],
      ['a subject of 2,050 bytes in UTF-8', { subject: 'ü'.repeat(1025) }, '/subject'],
      ['a source that is no URI reference', { source: 'http://[' }, '/source'],
      ['a time that is no timestamp', { time: 'yesterday' }, '/time'],
      ['a time without an offset', { time: '2026-01-31T09:30:00' }, '/time'],
      ['a time on a day that does not exist', { time: '2026-02-30T09:30:00Z' }, '/time'],
      ['a time at an hour that does not exist', { time: '2026-01-31T24:00:00Z' }, '/time'],
      ['a time that is a number', { time: 1_767_225_600 }, '/time'],
      ['a severity that does not exist', { severity: 'loud' }, '/severity'],
      ['a broken surrogate', { subject: '\ud800' }, '/subject'],
      ['an extension in upper case', { Tenant: 'a' }, '/Tenant'],
      ['an extension that is an object', { tenant: {} }, '/tenant'],
      ['a position of its own', { position: '1-0' }, '/position'],
      ['a leap second at noon', { time: '2026-01-31T12:00:60Z' }, '/time'],
      ['a time with an offset of 24 hours', { time: '2026-01-31T12:00:00+24:00' }, '/time'],
      ['an extension of 2^31', { tenant: 2 ** 31 }, '/tenant'],
      ['an extension that is a fraction', { tenant: 1.5 }, '/tenant'],
      ['an extension that is a list', { tenant: [] }, '/tenant'],
      ['data together with data_base64', { data: 1, data_base64: 'AA==' }, '/data_base64'],
      ['data_base64 that is not Base64', { data_base64: '*' }, '/data_base64'],
    ])('%s', (_, fields, field) =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, STRUCTURED, event(fields)),
        400,
        'invalid_event',
        field,
      ),
    );

    it.each([
      ['an attribute', '{"id":"a","id":"b","specversion":"1.0","source":"/a","type":"a"}', '/id'],
      [
        'data',
        '{"id":"a","specversion":"1.0","source":"/a","type":"a","data":1,"data":2}',
        '/data',
      ],
      [
        'an extension, once by an escape',
        '{"id":"a","specversion":"1.0","source":"/a","type":"a","ab":"1","\\u0061b":"2"}',
        '/ab',
      ],
    ])('%s twice: we do not choose one', async (_, body, field) => {
      const { caller } = backend;
      const refused = (headers: Record<string, string>, text: string, at: string) =>
        expectRefused(caller, () => publishRaw(caller, headers, text), 400, 'invalid_event', at);
      await refused(STRUCTURED, body, field);
      await refused(BATCH, `[${body}]`, `/0${field}`);
    });

    it('a field of the plain form twice', () =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, PLAIN, '{"event_type":"a","module":"b","module":"c"}'),
        400,
        'invalid_event',
        '/module',
      ));

    it('a ce- header twice', async () => {
      const before = await newestTaken(backend.caller);
      const answer = await exchange(
        backend.url,
        `POST /operator/api/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
          `X-VX11-Token: ${backend.token}\r\nContent-Type: application/json\r\n` +
          `ce-specversion: 1.0\r\nce-id: a\r\nce-id: b\r\nce-type: a\r\nce-source: /a\r\n` +
          `Content-Length: 2\r\n\r\n{}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"field":"\/id"/);
      expect(await newestTaken(backend.caller)).toBe(before);
    });

    it.each(['id', 'source', 'type'])('a credential in %s, which would be masked', (name) =>
      expectRefused(
        backend.caller,
        () =>
          publishRaw(
            backend.caller,
            STRUCTURED,
            event({ [name]: `/a?x=1&access_token=${'k9'.repeat(16)}` }),
          ),
        400,
        'invalid_event',
        `/${name}`,
      ),
    );

    it('names every fault at once', async () => {
      const { json } = await publishRaw(
        backend.caller,
        STRUCTURED,
        event({ id: '', type: undefined, time: 'x' }),
      );
      expect(json.errors.map((error: { field: string }) => error.field)).toEqual([
        '/id',
        '/type',
        '/time',
      ]);
    });

    it.each([
      ['no event_type', { module: 'a' }, '/event_type'],
      ['no module', { event_type: 'a' }, '/module'],
      ['an unknown field', { event_type: 'a', module: 'b', sevrity: 'info' }, '/sevrity'],
      ['a summary that is a number', { event_type: 'a', module: 'b', summary: 1 }, '/summary'],
    ])('plain form with %s', (_, body, field) =>
      expectRefused(
        backend.caller,
        () => publishRaw(backend.caller, PLAIN, body),
        400,
        'invalid_event',
        field,
      ),
    );

    it.each(['ce-data', 'ce-data_base64', 'ce-datacontenttype'])(
      'binary form with %s, which is no attribute',
      (name) =>
        expectRefused(
          backend.caller,
          () =>
            publishRaw(
              backend.caller,
              {
                'ce-specversion': '1.0',
                'ce-id': 'a',
                'ce-type': 'a',
                'ce-source': '/a',
                [name]: 'AA==',
              },
              '',
            ),
          400,
          'invalid_event',
          `/${name.slice(3)}`,
        ),
    );
  });
});

itLeaksNoToken();
