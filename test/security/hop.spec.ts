import { HopKeys } from '../../src/http/hop-keys.js';
import { startBackend, type TestBackend } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { startService, type Received, type Service } from '../support/service.js';

const KEY = remember('a-key-of-the-hop-with-enough-characters', 'hop key');
const OTHER = remember('another-key-of-the-hop-which-is-unknown', 'hop key');
const STREAM = '/operator/api/events/stream';

/** A line of the log about a request for the stream. */
const isRequest = (line: string) => line.includes(STREAM) && line.includes('"message":"request"');

describe('the hop from the gateway to operator-backend', () => {
  let backend: TestBackend;
  let gateway: TestGateway;

  async function start(backendKeys: string, gatewayKeys = backendKeys): Promise<void> {
    backend = await startBackend({ VX11_HOP_KEYS: backendKeys });
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
      VX11_HOP_KEYS: gatewayKeys,
      VX11_GATEWAY_TRUSTED_PROXIES: 'loopback',
    });
  }

  afterEach(async () => {
    await gateway.close();
    await backend.close();
  });

  /** Opens the stream as if from this address; resolves to the status. */
  async function open(url: string, token: string, from: string): Promise<number> {
    const answer = await ask(url, `${STREAM}?token=${token}&follow=false`, {
      headers: { 'x-forwarded-for': from, 'user-agent': 'one' },
    });
    return answer.status;
  }

  it('carries the address of the client, which operator-backend then believes', async () => {
    await start(KEY);
    const token = await gateway.caller.issue();
    expect(await open(gateway.url, token, '198.51.100.9')).toBe(200);
    expect(await open(gateway.url, token, '198.51.100.10')).toBe(403);
  });

  it.each([
    ['a port', '198.51.100.9:40001', '198.51.100.9:40002'],
    ['a mapped address', '198.51.100.9', '::ffff:198.51.100.9'],
    ['brackets and a port', '[2001:db8::1]:443', '2001:db8::1'],
    ['another spelling', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ])('recognises one client although its address comes with %s', async (_name, first, second) => {
    await start(KEY);
    const token = await gateway.caller.issue();
    expect(await open(gateway.url, token, first)).toBe(200);
    expect(await open(gateway.url, token, second)).toBe(200);
    expect(await open(gateway.url, token, '198.51.100.77')).toBe(403);
  });

  it('treats a sender without the key as a direct client', async () => {
    await start(KEY);
    const token = await backend.caller.issue();
    for (const from of ['198.51.100.9', '198.51.100.10']) {
      expect(await open(backend.url, token, from)).toBe(200);
    }
    const lines = backend.log.filter((line) => isRequest(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line).address).toBe('127.0.0.1');
  });

  it('is not believed with another key, and operator-backend says so once a minute', async () => {
    await start(KEY, OTHER);
    const token = await gateway.caller.issue();
    expect(await open(gateway.url, token, '198.51.100.9')).toBe(200);
    expect(await open(gateway.url, token, '198.51.100.10')).toBe(200);
    const warnings = backend.log.filter((line) => line.includes('VX11_HOP_KEYS'));
    expect(warnings).toHaveLength(1);
  });

  it('rotates its key without a pause', async () => {
    await start(`${OTHER},${KEY}`, KEY);
    const token = await gateway.caller.issue();
    expect(await open(gateway.url, token, '198.51.100.9')).toBe(200);
    expect(await open(gateway.url, token, '198.51.100.10')).toBe(403);
  });
});

describe('the feed of revocations', () => {
  const FEED = '/internal/revocations/stream';
  const MADRE = '/madre/x';
  let backend: TestBackend;
  let service: Service;

  beforeEach(async () => {
    backend = await startBackend({ VX11_HOP_KEYS: KEY });
    service = await startService();
  });

  afterEach(() => Promise.all([backend.close(), service.close()]));

  const follow = (gatewayKeys: string) =>
    startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
      VX11_MADRE_URL: service.url,
      VX11_HOP_KEYS: gatewayKeys,
    });

  it('answers 401 to a request without a signature, a principal included, and to a wrong one', async () => {
    const now = Date.now();
    const signedBy = (key: string, path: string, at = now) =>
      new HopKeys([key]).signOwn(`${backend.url}${path}`, at);
    for (const headers of [
      {},
      { 'x-vx11-token': backend.token },
      signedBy(OTHER, FEED),
      signedBy(KEY, FEED, now - 301_000),
      signedBy(KEY, '/operator/api/events'),
      { ...signedBy(KEY, FEED), 'x-forwarded-for': '198.51.100.9' },
    ]) {
      const { status, json, text } = await ask(backend.url, FEED, { headers });
      expect([headers, status, json?.code]).toEqual([headers, 401, 'auth_required']);
      expect(text).toContain('VX11_HOP_KEYS');
    }
  });

  it('is followed by a gateway that signs: a revoked principal is refused within a second', async () => {
    const gateway = await follow(KEY);
    const asRevoked = () => ask(gateway.url, MADRE, { headers: { 'x-vx11-token': backend.token } });
    expect((await asRevoked()).status).toBe(200);
    expect((await ask(gateway.url, FEED)).status).toBe(404);
    const begun = performance.now();
    const revoked = await backend.caller.post(
      '/principals/operator/revoke?confirm=last_administrator',
    );
    expect(revoked.status).toBe(202);
    const { json } = await eventually(asRevoked, ({ status }) => status === 403);
    const ms = Math.round(performance.now() - begun);
    // A figure for people; a slow machine must not fail the test.
    process.stderr.write(
      `from the revocation to the gateway's first refusal, embedded: ${ms} ms\n`,
    );
    expect(json.code).toBe('invalid_token');
    await gateway.close();
  });

  it('brings what an instance decides while it shuts down, and ends when that takes no connection', async () => {
    const stopping = await startBackend({ VX11_HOP_KEYS: KEY, VX11_DRAIN_SECONDS: '3' });
    const headers = new HopKeys([KEY]).signOwn(`${stopping.url}${FEED}`, Date.now());
    const feed = ask(stopping.url, FEED, { headers });
    // An instance that was probed serves on for a while, so that the prober hears that it is not ready.
    await ask(stopping.url, '/readyz');
    const stream = await stopping.caller.stream();
    const closed = stopping.close();
    await stream.named('goodbye');
    await stopping.caller.post('/principals/operator/revoke?confirm=last_administrator');
    await closed;
    const last = (await feed).text.trim().split('\n').at(-1) ?? '';
    const revoked = expect.objectContaining({ principalId: 'operator', revoked: true });
    expect(JSON.parse(last)).toEqual({ revocations: [revoked] });
  });

  it.each([
    ['no key', ''],
    ['another key', OTHER],
  ])(
    'is refused to a gateway with %s, which admits no principal and says why once',
    async (_name, keys) => {
      const gateway = await follow(keys);
      const headers = { 'x-vx11-token': backend.token };
      const { status, json } = await ask(gateway.url, MADRE, { headers });
      expect([status, json.code]).toEqual([503, 'revocations_unknown']);
      // The routes of operator-backend need no revocations at the gateway.
      expect((await ask(gateway.url, '/operator/api/summary', { headers })).status).toBe(200);
      const refusals = () => gateway.log.filter((line) => line.includes('refuses to stream'));
      expect(refusals()).toHaveLength(1);
      expect(refusals()[0]).toContain('VX11_HOP_KEYS');
      await gateway.close();
      expect(refusals()).toHaveLength(1);
    },
  );
});

describe('what is signed', () => {
  let service: Service;
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeEach(async () => {
    service = await startService();
    backend = await startBackend({ VX11_HOP_KEYS: KEY });
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
      VX11_FRONTEND_URL: service.url,
      VX11_MADRE_URL: service.url,
      VX11_HOP_KEYS: KEY,
      VX11_NEIGHBOUR_HOP_KEYS: OTHER,
    });
  });

  afterEach(async () => {
    await gateway.close();
    await Promise.all([backend.close(), service.close()]);
  });

  const last = () => service.received.findLast(({ url }) => url !== '/health') as Received;

  it('is each request to a neighbour, with another key than that of operator-backend', async () => {
    const headers = { 'x-vx11-token': gateway.caller.token, 'x-vx11-hop': 'forged' };
    expect((await ask(gateway.url, '/madre/x', { headers })).status).toBe(200);
    const signature = String(last().headers['x-vx11-hop']);
    expect(signature).toMatch(/^\d{10}\.[\w-]{43}$/);
    // A neighbour cannot pass what it got on to operator-backend as the gateway.
    const token = await backend.caller.issue();
    const replayed = await ask(backend.url, `${STREAM}?token=${token}&follow=false`, {
      headers: { ...(last().headers as Record<string, string>), 'x-forwarded-for': '198.51.100.9' },
    });
    expect(replayed.status).toBe(200);
    const line = backend.log.findLast((text) => isRequest(text));
    expect(JSON.parse(line as string).address).toBe('127.0.0.1');
  });

  it('is not a request to the panel, which has no key', async () => {
    await ask(gateway.url, '/operator/ui/', { headers: { 'x-vx11-hop': 'forged' } });
    expect(last().headers).not.toHaveProperty('x-vx11-hop');
  });

  it('hands no credential to a neighbour, in whatever place and spelling it came', async () => {
    const { token } = gateway.caller;
    const encoded = token
      .split('')
      .map((char) => `%${char.charCodeAt(0).toString(16)}`)
      .join('');
    const inside = (at: Received) => JSON.stringify([at.url, at.headers]);
    for (const [path, headers] of [
      ['/madre/x', { 'x-vx11-token': '', authorization: `Bearer ${token}` }],
      ['/madre/x', { 'X-VX11-TOKEN': token, authorization: `Bearer ${token}` }],
      [`/madre/x?token=${token}`, { authorization: `bearer ${token}` }],
      [`/madre/x?TOKEN=${encoded}&a=1`, { 'x-vx11-token': token }],
      [`/madre/x?tok%65n=${token}&access_token=${token}`, { 'x-vx11-token': token }],
      [`/madre/x?a=${token}&token[]=${token}`, { 'x-vx11-token': token }],
      ['/madre/x', { 'x-vx11-token': token, 'x-api-key': token, cookie: `t=${token}` }],
    ] as const) {
      const answer = await ask(gateway.url, path, { headers });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(inside(last())).not.toContain(token);
      expect(inside(last())).not.toContain(encoded);
      expect(last().headers['x-vx11-principal']).toBe('operator');
    }
  });
});

itLeaksNoToken();
