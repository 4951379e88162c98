import { randomBytes, randomUUID } from 'node:crypto';
import { newPrincipalToken, startBackend, type TestBackend } from '../support/backend.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { Caller } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { startService, type Service } from '../support/service.js';

const MOST = 20;

describe('somebody who guesses tokens', () => {
  let backend: TestBackend;
  const second = newPrincipalToken();

  beforeAll(async () => {
    backend = await startBackend({
      VX11_FAILURES_PER_ADDRESS: String(MOST),
      VX11_ADMIN_RATE_LIMIT: '5',
      VX11_GATEWAY_TOKEN: second,
    });
  });
  afterAll(() => backend.close());

  const guess = () =>
    ask(backend.url, '/operator/api/events?limit=1', {
      headers: { 'x-vx11-token': randomBytes(24).toString('base64url') },
    });

  it('is told to wait, and the answers become slow', async () => {
    const answers = await Promise.all(Array.from({ length: MOST + 15 }, guess));
    const limited = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(MOST);
    expect(limited).toHaveLength(15);
    for (const { headers, json } of limited) {
      expect(json.code).toBe('rate_limited');
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['ratelimit-policy']).toBe(`"failures-address";q=${MOST};w=60`);
      expect(headers['ratelimit']).toMatch(/^"failures-address";r=0;t=\d+$/);
    }
  });

  it('does not lock out a principal that uses this address for the first time', async () => {
    expect((await guess()).status).toBe(429);
    const owner = new Caller(backend.url, second);
    expect((await owner.api('/events?limit=1')).status).toBe(200);
    const stream = await owner.stream();
    expect(stream.status).toBe(200);
    await stream.close();
  });

  it('guesses ephemeral tokens no faster', async () => {
    const answer = await ask(backend.url, `/operator/api/events/stream?token=${randomUUID()}`);
    expect(answer.json.code).toBe('rate_limited');
  });

  it('is one entry of the audit trail for each of the first, and a sum for the rest', async () => {
    const { json } = await backend.caller.api(
      '/audit?action=access.refused,access.limited&limit=500',
    );
    const entries = json.entries as { action: string; reason: string; count?: number }[];
    const times = (action: string) =>
      entries
        .filter((entry) => entry.action === action)
        .reduce((sum, { count = 1 }) => sum + count, 0);
    expect(times('access.refused')).toBe(MOST + 16);
    expect(times('access.limited')).toBe(17);
    expect(entries.length).toBeLessThan(25);
  });

  it('an administrator in a loop is limited too', async () => {
    const answers = [];
    for (let count = 0; count < 8; count += 1) answers.push(await backend.caller.api('/streams'));
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(3);
    expect(limited[0]?.headers['ratelimit-policy']).toBe('"admin-principal";q=5;w=60');
    // Others are not.
    expect((await new Caller(backend.url, second).api('/streams')).status).toBe(200);
  });
});

describe('somebody who guesses tokens at the gateway', () => {
  let backend: TestBackend;
  let service: Service;
  let gateway: TestGateway;

  beforeAll(async () => {
    backend = await startBackend({ VX11_FAILURES_PER_ADDRESS: String(MOST) });
    service = await startService();
    gateway = await startGateway({
      VX11_OPERATOR_TOKEN: backend.token,
      VX11_BACKEND_URLS: backend.url,
      VX11_MADRE_URL: service.url,
      VX11_GATEWAY_TRUSTED_PROXIES: 'loopback',
    });
  });
  afterAll(async () => {
    await gateway.close();
    await service.close();
  });

  const guess = (path: string, from: string, token = randomBytes(24).toString('base64url')) =>
    ask(gateway.url, path, { headers: { 'x-vx11-token': token, 'x-forwarded-for': from } });

  it('has one limit for all routes: those of the neighbours, the health, the API', async () => {
    const paths = ['/madre/x', '/health', '/operator/api/events'];
    for (let count = 0; count < MOST; count += 1) {
      const { status, json } = await guess(paths[count % paths.length] as string, '198.51.100.9');
      expect([count, status, json.code]).toEqual([count, 403, 'invalid_token']);
    }
    for (const path of paths) {
      const { status, json, headers } = await guess(path, '198.51.100.9');
      expect([path, status, json.code]).toEqual([path, 429, 'rate_limited']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['ratelimit-policy']).toBe(`"failures-address";q=${MOST};w=60`);
      expect(json.instance).toBe(path);
    }
    expect((await guess('/madre/x', '198.51.100.10')).status).toBe(403);
    expect((await guess('/madre/x', '198.51.100.9', backend.token)).status).toBe(200);
  });

  it('is in the audit trail with the own address', async () => {
    const { json } = await backend.caller.api('/audit?action=access.refused&limit=500');
    const entries = json.entries as { address: string; reason: string; count?: number }[];
    const times = entries
      .filter(({ address, reason }) => address === '198.51.100.9' && reason === 'invalid_token')
      .reduce((sum, { count = 1 }) => sum + count, 0);
    expect(times).toBe(MOST + 3);
  });

  it('is refused once every operator-backend is gone', async () => {
    await backend.close();
    expect((await guess('/madre/x', '198.51.100.9')).status).toBe(403);
  });
});

itLeaksNoToken();
