import { dropSetStreamCookies, requestHeaders, stripHopByHop } from './forwarded-headers.js';

const HOP = {
  address: '203.0.113.7',
  protocol: 'https',
  host: 'operator.example',
  correlationId: 'c_1',
};

describe('the headers that go on to a service', () => {
  it('hold no hop-by-hop field, neither a standard one nor one that Connection names', () => {
    const headers = requestHeaders(
      {
        connection: 'close, X-Secret-Hop',
        'x-secret-hop': '1',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        trailer: 'x',
        upgrade: 'websocket',
        'transfer-encoding': 'chunked',
        'proxy-authorization': 'Basic x',
        expect: '100-continue',
        accept: 'text/event-stream',
      },
      HOP,
      { keep: true },
    );
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'x-correlation-id',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ]);
  });

  it('contain the verified origin, whatever the client claims', () => {
    const headers = requestHeaders(
      {
        'x-forwarded-for': '10.0.0.1, 127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'elsewhere',
        'x-forwarded-port': '1',
        'x-forwarded-prefix': '/x',
        'x-real-ip': '127.0.0.1',
        'x-vx11-principal': 'operator',
        'x-correlation-id': 'c_forged',
        forwarded: 'for=127.0.0.1',
      },
      HOP,
      { keep: true },
    );
    expect(headers).toEqual({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'operator.example',
      'x-correlation-id': 'c_1',
    });
  });

  it('keep the fields that frame, route and identify a request, even if Connection names them', () => {
    const fields = {
      'content-length': '5',
      host: 'a',
      authorization: 'Bearer b',
      cookie: 'a=b',
      'content-type': 'text/plain',
    };
    const headers = requestHeaders({ ...fields, connection: Object.keys(fields).join(', ') }, HOP, {
      keep: true,
    });
    expect(headers).toMatchObject(fields);
  });

  it('keep the credential for operator-backend, which checks it', () => {
    const headers = requestHeaders({ 'x-vx11-token': 'a', authorization: 'Bearer b' }, HOP, {
      keep: true,
    });
    expect(headers).toMatchObject({ 'x-vx11-token': 'a', authorization: 'Bearer b' });
  });

  it('contain the principal but not the credential for a neighbour', () => {
    const headers = requestHeaders({ authorization: 'Bearer long-lived' }, HOP, {
      principalId: 'alice',
    });
    expect(headers).toMatchObject({ 'x-vx11-principal': 'alice' });
    expect(headers.authorization).toBeUndefined();
  });

  it("keep Authorization for a neighbour when it was not the gateway's credential", () => {
    const headers = requestHeaders({ 'x-vx11-token': 'a-token', authorization: 'Basic own' }, HOP, {
      principalId: 'alice',
    });
    expect(headers['x-vx11-token']).toBeUndefined();
    expect(headers.authorization).toBe('Basic own');
  });

  it.each([
    ['an empty token and a Bearer', { 'x-vx11-token': '', authorization: 'Bearer long-lived' }],
    ['a blank token and a Bearer', { 'x-vx11-token': ' ', authorization: 'bearer  long-lived' }],
    ['a token and a Bearer', { 'x-vx11-token': 'long-lived', authorization: 'Bearer another' }],
    [
      'a token joined of two',
      { 'x-vx11-token': 'long-lived, x', authorization: 'BEARER long-lived' },
    ],
    [
      'underscores',
      { x_vx11_token: 'long-lived', 'x-vx11_token': 'long-lived', X_VX11_Principal: 'root' },
    ],
    [
      'the token in another header',
      {
        'x-vx11-token': 'long-lived',
        'x-api-key': 'long-lived',
        referer: 'http://a/?token=long-lived',
        cookie: 'a=long-lived',
      },
    ],
    ["the product's cookie", { 'x-vx11-token': 'long-lived', cookie: '__Host-vx11-stream=x' }],
  ])('keep from a neighbour: %s', (_name, given) => {
    const headers = requestHeaders(
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
      HOP,
      { principalId: 'alice' },
    );
    expect(Object.keys(headers).sort()).toEqual([
      'x-correlation-id',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-vx11-principal',
    ]);
    expect(headers['x-vx11-principal']).toBe('alice');
  });

  it("leave a neighbour's own cookies", () => {
    const given = { 'x-vx11-token': 'a-token', cookie: 'a=b; __Host-vx11-stream=x; c=d' };
    expect(requestHeaders(given, HOP, { principalId: 'alice' }).cookie).toBe('a=b; c=d');
  });

  it("are stripped of hop-by-hop fields in a service's answer too", () => {
    const headers = {
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      'keep-alive': 'timeout=75',
      'transfer-encoding': 'chunked',
      'content-type': 'text/event-stream',
    };
    stripHopByHop(headers);
    expect(headers).toEqual({ 'content-type': 'text/event-stream' });
  });
});

describe('stream cookies', () => {
  const hop = { address: '192.0.2.1', protocol: 'http', host: 'h', correlationId: 'c' };
  const cookie = 'theme=dark; __Host-vx11-stream-abcdef=1; vx11-stream-ghijkl=2; lang=en';

  it('go on to operator-backend', () => {
    expect(requestHeaders({ cookie }, hop, { keep: true }).cookie).toBe(cookie);
  });

  it('do not reach other services, whose own cookies do', () => {
    const { cookie: kept } = requestHeaders({ cookie }, hop, { principalId: 'ana' });
    expect(kept).toBe('theme=dark; lang=en');
    const only = requestHeaders({ cookie: 'vx11-stream-a=1' }, hop, { principalId: undefined });
    expect(only).not.toHaveProperty('cookie');
  });

  it('cannot be set by other services', () => {
    const headers = { 'set-cookie': ['a=1', '__Host-vx11-stream-abcdef=evil; Secure'] };
    dropSetStreamCookies(headers);
    expect(headers).toEqual({ 'set-cookie': ['a=1'] });
    const only = { 'set-cookie': ['vx11-stream-a=1'] };
    dropSetStreamCookies(only);
    expect(only).toEqual({});
  });
});
