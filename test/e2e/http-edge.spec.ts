import { withBackend } from '../support/fixtures.js';
import { ask, exchange } from '../support/http.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

const MIB = 1024 * 1024;

describe('the HTTP edge', () => {
  const { backend, caller } = withBackend();

  describe('X-Correlation-Id', () => {
    const given = async (id: string | string[]) => {
      const { headers } = await caller.api('/events?limit=1', {
        headers: { 'x-correlation-id': id },
      });
      return headers['x-correlation-id'];
    };

    it.each([
      'order-7',
      '42',
      'a',
      'api',
      '6fa459ea-ee8a-4ca4-894e-db77e160355e',
      'a/b=c+d:e@f~g._-',
    ])('is taken from the request when it is valid: %s', async (id) => {
      expect(await given(id)).toBe(id);
    });

    it.each([
      ['empty', ''],
      ['of 129 characters', 'x'.repeat(129)],
      ['of two words', 'a b'],
      ['with quotes', '"a"'],
      ['with a colon and a space, as a header has', 'a\tSet-Cookie: b=c'],
      ['percent-encoded CR LF', 'a%0d%0aSet-Cookie:b'],
      ['beyond ASCII', 'caf\u00e9'],
      ['sent twice', ['a', 'b']],
    ])('is replaced by a new one when it is %s', async (_, id) => {
      expect(await given(id)).toMatch(/^c_[\w-]{16}$/);
    });

    it.each([
      ['CR LF', 'a\r\nSet-Cookie: forged=1'],
      ['a folded line', 'a\r\n Set-Cookie: forged=1'],
      ['a bare LF', 'a\nSet-Cookie: forged=1'],
      ['a bare CR', 'a\rSet-Cookie: forged=1'],
      ['NUL', 'a\u0000b'],
    ])('cannot inject a header by %s', async (_, value) => {
      const answer = await exchange(
        backend.url,
        `GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Correlation-Id: ${value}\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
      expect(answer).not.toMatch(/^set-cookie/im);
      expect(answer).not.toContain('forged');
    });

    it('never repeats a credential that was sent in it', async () => {
      const token = await caller.issue();
      const stream = await caller.stream({ token, headers: { 'x-correlation-id': token } });
      expect(stream.headers['x-correlation-id']).toMatch(/^c_/);
      await stream.close();
      expect(await given(backend.token)).toMatch(/^c_/);
    });
  });

  describe('1 MB long tokens', () => {
    const long = remember('t'.repeat(MIB), 'megabyte');

    it.each([
      [
        'X-VX11-Token',
        `GET /operator/api/events HTTP/1.1\r\nHost: x\r\nX-VX11-Token: ${long}\r\n\r\n`,
      ],
      [
        'Authorization',
        `GET /operator/api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${long}\r\n\r\n`,
      ],
      ['?token=', `GET /operator/api/events/stream?token=${long} HTTP/1.1\r\nHost: x\r\n\r\n`],
      ['a cookie', `GET /operator/api/events HTTP/1.1\r\nHost: x\r\nCookie: token=${long}\r\n\r\n`],
    ])('in %s: 431 header_too_large, which the client that sent it can read', async (_, bytes) => {
      const answer = await exchange(backend.url, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(answer).toContain('"code":"header_too_large"');
    });

    it('in the body of a revocation: 413 too_large', async () => {
      const { status, json } = await caller.post('/events/sse-token/revoke', { sse_token: long });
      expect([status, json.code]).toEqual([413, 'too_large']);
    });
  });

  it('says of 1,001 headers that they are too many, not only of long ones', async () => {
    const headers = 'A:\r\n'.repeat(1_000);
    const answer = await exchange(backend.url, `GET /livez HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('more than 1,000 headers');
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\n\r\n'],
    ['no Host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    [
      'a bad chunk',
      'POST /operator/api/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['a space in a header name', 'GET /livez HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n'],
  ])('answers %s with a 4xx and closes', async (_, bytes) => {
    expect(await exchange(backend.url, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it.each([
    ['/%', 404],
    ['/%ff', 404],
    ['/operator/api/streams/%E0%A4%A', 400],
    ['/nothing/here', 404],
    ['/operator/api/../../metrics', 404],
    ['//metrics', 404],
  ])('answers GET %s with %i as a problem', async (path, status) => {
    const answer = await exchange(
      backend.url,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-VX11-Token: ${backend.token}\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
  });

  it.each([
    ['GET', '/events/sse-token', 'POST'],
    ['DELETE', '/events/sse-token', 'POST'],
    ['POST', '/events/stream', 'GET, HEAD'],
    ['PUT', '/events', 'GET, HEAD, POST'],
    ['PATCH', '/streams/s_x', 'DELETE'],
    ['GET', '/intake/alertmanager', 'POST'],
  ])('answers %s %s with 405 method_not_allowed and Allow: %s', async (method, path, allow) => {
    const { status, json, headers } = await caller.api(path, { method });
    expect([status, json.code]).toEqual([405, 'method_not_allowed']);
    expect(headers['allow']).toBe(allow);
  });

  it.each([
    '/events?limit=0',
    '/events?limit=501',
    '/events?limit=-1',
    '/events?limit=ten',
    '/events?limit=1.5',
    '/events?limit=1e400',
    '/events?limit=NaN',
    '/events?limit=1&limit=2',
    '/events?limit[]=1',
    '/events?severity=loud',
    '/events?severity=info&severity=loud',
    '/events?before=yesterday',
    '/events?after=1-1-1',
    '/events?after=1-0&after=2-0',
    '/events?after=99999999999999999999-0',
    `/events?module=${'m'.repeat(129)}`,
    `/events?type=${'t'.repeat(257)}`,
    `/events?module=${Array.from({ length: 51 }, (_, n) => n).join(',')}`,
    '/events?unknown=1',
    '/events/stream?severity=loud',
    '/events/stream?follow=maybe',
    '/events/stream?follow=true&follow=false',
    `/events/stream?type=${'t'.repeat(257)}`,
    '/events/stream?lastEventId=1-0&lastEventId=2-0',
    `/events/stream?lastEventId=${'1'.repeat(300)}`,
  ])('refuses the query of %s: 400 invalid_query', async (path) => {
    const { status, json } = await caller.api(path);
    expect([status, json.code]).toEqual([400, 'invalid_query']);
    expect(json.errors.length).toBeGreaterThan(0);
  });

  it('does not repeat a token that was sent where a field name belongs', async () => {
    const token = await caller.issue();
    await caller.api(`/events?${token}=1`);
    await caller.api(`/events?${backend.token}=1`);
    await caller.post('/events/sse-token', { [token]: 1 });
    await caller.post('/events', { [token]: 1, event_type: 'a', module: 'b' });
    const { json } = await caller.api(`/streams/${token}`, { method: 'DELETE' });
    expect(json.instance).toBe('/operator/api/streams/***');
  });

  it('gives every refusal the shape of RFC 9457, with the code and the correlation id', async () => {
    for (const path of ['/operator/api/events', '/nothing', '/operator/api/events/stream?x=1']) {
      const { status, headers, json } = await ask(backend.url, path);
      expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(json).toMatchObject({
        type: `urn:vx11:problem:${json.code}`,
        title: expect.stringMatching(/^[A-Z]/),
        status,
        detail: expect.stringMatching(/\.$/),
        instance: path.split('?')[0],
        code: expect.stringMatching(/^[a-z_]+$/),
        correlation_id: headers['x-correlation-id'],
      });
    }
  });

  it('names no product and no library in any header', async () => {
    const { headers } = await ask(backend.url, '/livez');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  });
});

itLeaksNoToken();
