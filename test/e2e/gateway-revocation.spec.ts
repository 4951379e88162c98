/** What a principal has begun through the gateway at a neighbour, when its right ends. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { startBackend, type TestBackend } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask, closed } from '../support/http.js';
import { TestIssuer } from '../support/oidc/issuer.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

/** Enough for a slow machine to open a stream with it. */
const TTL_SEC = 4;

describe('at a neighbour, when the right of a principal ends', () => {
  let issuer: TestIssuer;
  let backend: TestBackend;
  let gateway: TestGateway;
  let service: Service;
  /** Requests to /later, which the test answers. */
  const waiting: ServerResponse[] = [];

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    backend = await startBackend(issuer.env);
    service = await startService(({ url, body }, res) => {
      if (url === '/later') waiting.push(res);
      else res.end(body);
    });
    gateway = await startGateway({
      ...issuer.env,
      VX11_BACKEND_URLS: backend.url,
      VX11_MADRE_URL: service.url,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await Promise.all([backend.close(), service.close()]);
    await issuer.stop();
  });

  /** A new principal, whom the gateway knows. */
  async function newPrincipal() {
    const id = `mole-${randomUUID()}`;
    const body = { id, scopes: ['events:read'] };
    const created = await backend.caller.api('/principals', {
      method: 'POST',
      body,
      issuing: true,
    });
    const token = remember((created.json as { token: string }).token, 'principal');
    const status = async () =>
      (await ask(gateway.url, '/madre/hello', { headers: { 'x-vx11-token': token } })).status;
    expect(await eventually(status, (now) => now === 200)).toBe(200);
    const revoke = async () => {
      expect((await backend.caller.post(`/principals/${id}/revoke`)).status).toBe(202);
      expect(await eventually(status, (now) => now === 403)).toBe(403);
    };
    return { token, revoke };
  }

  function begin(head: string, token: string, scheme = 'X-VX11-Token:') {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [line = '', rest = ''] = head.split('|');
    socket.write(
      `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${scheme} ${token}\r\n${rest}`,
    );
    return { socket, read: () => Buffer.concat(chunks).toString() };
  }

  async function later(): Promise<ServerResponse> {
    await until(() => waiting.length > 0);
    return waiting.pop() as ServerResponse;
  }

  const isOpen = (socket: Socket) => !socket.destroyed;

  it('a body that was held back until then does not arrive', async () => {
    const { token, revoke } = await newPrincipal();
    const { socket, read } = begin('POST /madre/act|Content-Length: 4\r\n\r\nab', token);
    await revoke();
    await closed(socket);
    expect(read()).toMatch(/^HTTP\/1\.1 403 /);
    expect(read()).toContain('invalid_token');
    expect(service.received.filter(({ url }) => url === '/act')).toEqual([]);
  });

  it('a stream that the neighbour has not begun yet never opens', async () => {
    const { token, revoke } = await newPrincipal();
    const { socket, read } = begin('GET /madre/later|\r\n', token);
    const answer = await later();
    await revoke();
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.write('data: secret\n\n');
    await closed(socket);
    expect(read()).toMatch(/^HTTP\/1\.1 403 /);
    expect(read()).not.toContain('secret');
  });

  it('a request that the neighbour has gets its response', async () => {
    const { token, revoke } = await newPrincipal();
    const { socket, read } = begin('POST /madre/later|Content-Length: 2\r\n\r\nab', token);
    const answer = await later();
    await revoke();
    answer.end('done');
    await closed(socket);
    expect(read()).toMatch(/^HTTP\/1\.1 200 .*done/s);
  });

  it('a stream by an access token of the issuer ends with the token', async () => {
    const exp = Math.floor(Date.now() / 1000) + TTL_SEC;
    const token = remember(await issuer.token({ exp }), 'access');
    const { socket, read } = begin('GET /madre/later|\r\n', token, 'Authorization: Bearer');
    const answer = await later();
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.write('data: first\n\n');
    await until(() => read().includes('first'));
    expect(isOpen(socket)).toBe(true);
    const left = once(answer, 'close');
    await Promise.all([closed(socket), left]);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  });
});

itLeaksNoToken();
