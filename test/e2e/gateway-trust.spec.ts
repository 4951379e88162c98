import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask, type Answer } from '../support/http.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { startService, type Received, type Service } from '../support/service.js';

const FORGED = {
  'X-Forwarded-For': '10.1.1.1, 127.0.0.1',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'elsewhere.invalid',
  'X-Forwarded-Port': '1',
  'X-Real-IP': '10.1.1.1',
  Forwarded: 'for=10.1.1.1;proto=https',
  'X-VX11-Principal': 'operator',
};

/** What must not stand in an answer of the gateway's own. */
const INSIDE = /127\.0\.0\.1|localhost|ECONN|node_modules|\/src\//;

describe('what the gateway believes about a client', () => {
  let service: Service;
  let gateway: TestGateway;

  beforeEach(async () => {
    service = await startService();
  });

  afterEach(async () => {
    await Promise.all([gateway.close(), service.close()]);
  });

  async function start(env: Record<string, string> = {}): Promise<void> {
    gateway = await startGateway({
      VX11_BACKEND_URLS: service.url,
      VX11_FRONTEND_URL: service.url,
      VX11_MADRE_URL: service.url,
      ...env,
    });
  }

  const last = () =>
    service.received.findLast(({ url }) => url !== '/readyz' && url !== '/health') as Received;

  it('drops what a client claims about its origin, and reports the real one', async () => {
    await start();
    await ask(gateway.url, '/operator/api/health', {
      headers: { ...FORGED, Host: 'operator.example' },
    });
    const { headers } = last();
    expect(headers).toMatchObject({
      host: 'operator.example',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'operator.example',
    });
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-port', 'x-vx11-principal']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('believes one hop of a proxy that is configured, and no entry further to the left', async () => {
    await start({ VX11_GATEWAY_TRUSTED_PROXIES: 'loopback' });
    await ask(gateway.url, '/operator/api/health', {
      headers: { 'X-Forwarded-For': '10.1.1.1, 203.0.113.7', 'X-Forwarded-Proto': 'https' },
    });
    expect(last().headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
    });
  });

  it('drops a header that Connection declares to be of this hop', async () => {
    await start();
    await ask(gateway.url, '/operator/api/health', {
      headers: { Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'trailers' },
    });
    expect(last().headers).not.toHaveProperty('x-hop');
    expect(last().headers).not.toHaveProperty('te');
    expect(last().headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('lets operator-backend check its own credentials', async () => {
    await start();
    await ask(gateway.url, '/operator/api/events/stream?token=t0-k3n-t0-k3n', {
      headers: { Authorization: 'Bearer anything' },
    });
    expect(last().url).toBe('/operator/api/events/stream?token=t0-k3n-t0-k3n');
    expect(last().headers.authorization).toBe('Bearer anything');
  });

  it('passes no credential to operator-frontend', async () => {
    await start();
    await ask(gateway.url, '/operator/ui/', { headers: { 'X-VX11-Token': gateway.caller.token } });
    expect(last().url).toBe('/operator/ui/');
    expect(last().headers).not.toHaveProperty('x-vx11-token');
  });

  describe('with a neighbour', () => {
    it('requires a principal, by the guard that operator-backend uses', async () => {
      await start();
      for (const path of ['/madre', '/madre/', '/madre/x', '/MADRE/x', '/switch/x', '/hermes/x']) {
        const none = await ask(gateway.url, path);
        expect([path, none.status, none.json.code]).toEqual([path, 401, 'auth_required']);
        expect(none.headers['www-authenticate']).toMatch(/^Bearer /);
        const wrong = await ask(gateway.url, path, { headers: { 'X-VX11-Token': 'wrong' } });
        expect([path, wrong.status, wrong.json.code]).toEqual([path, 403, 'invalid_token']);
      }
      expect(service.received.filter(({ url }) => url !== '/readyz')).toEqual([]);
    });

    it('names the principal to it, shows it its own paths, and keeps the credential', async () => {
      await start();
      const answer = await ask(gateway.url, '/madre/orders/7?full=1', {
        method: 'POST',
        body: 'hello',
        headers: { ...FORGED, Authorization: `Bearer ${gateway.caller.token}` },
      });
      expect([answer.status, answer.text]).toEqual([200, 'hello']);
      expect(last()).toMatchObject({ method: 'POST', url: '/orders/7?full=1', body: 'hello' });
      expect(last().headers['x-vx11-principal']).toBe('operator');
      expect(last().headers).not.toHaveProperty('authorization');
      await ask(gateway.url, '/madre?x=1', {
        headers: { 'X-VX11-Token': gateway.caller.token, Authorization: 'Basic its-own' },
      });
      expect(last().url).toBe('/?x=1');
      expect(last().headers).not.toHaveProperty('x-vx11-token');
      expect(last().headers.authorization).toBe('Basic its-own');
    });
  });

  it('shows neither metrics nor API reference of operator-backend, unless it is configured to', async () => {
    await start();
    for (const path of ['/metrics', '/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/x.js']) {
      expect([path, (await ask(gateway.url, path)).status]).toEqual([path, 404]);
    }
    expect(service.received.filter(({ url }) => url !== '/readyz')).toEqual([]);
    await gateway.close();
    await start({ VX11_GATEWAY_PUBLIC_DOCS: '1', VX11_GATEWAY_PUBLIC_METRICS: '1' });
    for (const path of ['/metrics', '/docs', '/docs-json']) {
      expect([path, (await ask(gateway.url, path)).status]).toEqual([path, 200]);
    }
  });

  it('closes the operator routes, and only those, when it is configured to', async () => {
    await start({ VX11_OPERATOR_PROXY_ENABLED: '0' });
    for (const path of ['/operator/api/health', '/operator/api/events/stream', '/operator/ui/']) {
      const { status, json, headers } = await ask(gateway.url, path);
      expect([status, json.code, headers['retry-after']]).toEqual([503, 'operator_disabled', '60']);
    }
    expect((await gateway.caller.api('/health')).json.detail).toContain(
      'VX11_OPERATOR_PROXY_ENABLED',
    );
    const madre = await ask(gateway.url, '/madre/x', {
      headers: { 'X-VX11-Token': gateway.caller.token },
    });
    expect(madre.status).toBe(200);
  });

  describe('in its own answers', () => {
    const expectOwn = ({ headers, text }: Answer) => {
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'x-correlation-id': expect.stringMatching(/^c_/),
      });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(text).not.toMatch(INSIDE);
    };

    it('names no service behind it, and sets the security headers', async () => {
      await start({ VX11_BACKEND_URLS: 'http://127.0.0.1:1' });
      const answers = await Promise.all(
        ['/operator/api/health', '/nothing', '/madre/x', '/operator/ui/%00', '/health'].map(
          (path) => ask(gateway.url, path),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([503, 404, 401, 400, 200]);
      for (const answer of answers) expectOwn(answer);
    });

    it("adds to a service's answer only headers against frames and shared caches", async () => {
      await start();
      const through = await ask(gateway.url, '/operator/api/x', { method: 'POST', body: 'a' });
      expect(Object.keys(through.headers).sort()).toEqual([
        'connection',
        'content-length',
        'content-security-policy',
        'date',
        'referrer-policy',
        'x-content-type-options',
        'x-frame-options',
      ]);
      const neighbour = await ask(gateway.url, '/madre/x', {
        headers: { 'X-VX11-Token': gateway.caller.token },
      });
      expect(neighbour.headers).toMatchObject({
        'cache-control': 'no-store',
        vary: 'Authorization, Cookie, X-VX11-Token',
      });
    });

    it('redirects / to the panel', async () => {
      await start();
      const { status, headers } = await ask(gateway.url, '/');
      expect([status, headers.location]).toEqual([302, '/operator/ui/']);
    });
  });

  it('shows everybody how many services are up, and only a principal which ones', async () => {
    await start();
    const open = await ask(gateway.url, '/health');
    expect(open.status).toBe(200);
    expect(open.json).toEqual({
      status: 'degraded',
      service: 'tentaculo_link',
      version: expect.any(String),
      services: { up: expect.any(Number), total: 7 },
    });
    const known = await ask(gateway.url, '/health', {
      headers: { 'X-VX11-Token': gateway.caller.token },
    });
    const status = (name: string) =>
      known.json.services.list.find((row: { name: string }) => row.name === name).status;
    expect(['madre', 'operator-backend', 'operator-frontend', 'redis'].map(status)).toEqual([
      'up',
      'up',
      'up',
      'embedded',
    ]);
    const wrong = await ask(gateway.url, '/health', { headers: { 'X-VX11-Token': 'wrong' } });
    expect([wrong.status, wrong.json.code]).toEqual([403, 'invalid_token']);
  });
});

itLeaksNoToken();
