import { withBackend, withGateway } from '../support/fixtures.js';
import { ask, exchange } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';

const STREAM = '/operator/api/events/stream?follow=false';

describe('Accept of a request for the stream', () => {
  const { backend, caller } = withBackend({ VX11_SSE_TOKEN_REUSE: 'deny' });
  const open = (token: string, accept: string | undefined) =>
    ask(backend.url, `${STREAM}&token=${token}`, { headers: { accept } });

  it.each([
    [undefined],
    [''],
    ['*/*'],
    ['text/*'],
    ['text/event-stream'],
    ['TEXT/Event-Stream;charset=utf-8'],
    ['text/html,application/xhtml+xml,*/*;q=0.8'],
    ['application/json, text/plain, */*'],
    ['application/json;q=1, text/event-stream;q=0.001'],
  ])('opens it with %p', async (accept) => {
    const { status, headers } = await open(await caller.issue(), accept);
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream']);
  });

  it.each([
    'application/json',
    'text/html',
    'text/event-stream;q=0',
    'text/event-stream;q=0, */*',
    'text/*;q=0, */*',
    'nonsense',
  ])('rules it out with %p: 406, and the token can still be used', async (accept) => {
    const token = await caller.issue();
    const { status, headers, json } = await open(token, accept);
    expect([status, json.code]).toEqual([406, 'not_acceptable']);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect((await open(token, 'text/event-stream')).status).toBe(200);
  });

  it('says nothing about a credential that is missing or wrong', async () => {
    for (const path of [STREAM, `${STREAM}&token=wrong`]) {
      const { status } = await ask(backend.url, path, { headers: { accept: 'text/html' } });
      expect(status).toBe(406);
    }
  });
});

describe('the body of an issue request', () => {
  const { backend, caller } = withBackend();

  it.each(['utf8', 'utf-8', 'UTF-8', '"utf-8"', '"UTF8"', 'us-ascii'])(
    'is JSON with charset=%s',
    async (charset) => {
      const { status } = await caller.api('/events/sse-token', {
        method: 'POST',
        issuing: true,
        headers: { 'content-type': `application/json; charset=${charset}` },
        body: '{"filter":{"module":["a"]}}',
      });
      expect(status).toBe(200);
    },
  );

  it.each(['utf-16', 'latin1', 'utf-7', 'utf8x'])('is refused with charset=%s', async (charset) => {
    const { status, json } = await caller.post('/events/sse-token', '{}', {
      'content-type': `application/json; charset=${charset}`,
    });
    expect([status, json.code]).toEqual([415, 'unsupported_media_type']);
  });

  /** A POST whose body comes in chunks. */
  const chunked = (fields: string[], body: string) =>
    exchange(
      backend.url,
      [
        'POST /operator/api/events/sse-token HTTP/1.1',
        'Host: a',
        `X-VX11-Token: ${backend.token}`,
        'Connection: close',
        'Transfer-Encoding: chunked',
        ...fields,
        '',
        body,
      ].join('\r\n'),
    );

  it.each([
    ['without a type', []],
    ['of JSON', ['Content-Type: application/json']],
    ['of any type', ['Content-Type: text/plain']],
  ])('may be no chunk at all, %s', async (_name, fields) => {
    expect(await chunked(fields, '0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 [\s\S]*"sse_token":/);
  });

  it('in chunks is refused unless it is JSON', async () => {
    const body = '2\r\n{}\r\n0\r\n\r\n';
    expect(await chunked(['Content-Type: application/json'], body)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await chunked([], body)).toMatch(/^HTTP\/1\.1 415 /);
  });
});

describe('the API reference', () => {
  const { backend, gateway } = withGateway({ VX11_GATEWAY_PUBLIC_DOCS: '1' });

  it.each(['/docs', '/docs/', '/docs/swagger-ui.css', '/docs-json', '/docs/nothing'])(
    'stands in no frame of another page: %s',
    async (path) => {
      for (const { url } of [backend, gateway]) {
        const { headers } = await ask(url, path);
        expect(headers['x-frame-options']).toBe('DENY');
        expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      }
    },
  );
});

itLeaksNoToken();
