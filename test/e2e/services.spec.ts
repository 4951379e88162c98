import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startBackend, type TestBackend } from '../support/backend.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { startService, type Service } from '../support/service.js';

describe('the seven services', () => {
  let madre: Service;
  let gateway: Service;
  let backend: TestBackend;

  beforeAll(async () => {
    [madre, gateway] = await Promise.all([startService(), startService()]);
    backend = await startBackend({
      VX11_MADRE_URL: madre.url,
      VX11_GATEWAY_URL: gateway.url,
      // Nobody listens there.
      VX11_SWITCH_URL: 'http://127.0.0.1:1',
      VX11_HERMES_URL: 'http://127.0.0.1:1',
      VX11_FRONTEND_URL: 'http://127.0.0.1:1',
    });
  });

  afterAll(() => Promise.all([backend.close(), madre.close(), gateway.close()]));

  const list = async () => (await backend.caller.api('/services')).json.services;

  it('are listed in the order of the contract, with status, latency and since', async () => {
    let rows = await list();
    while (rows[1].status !== 'up') rows = await list();
    expect(
      rows.map(({ name, status }: { name: string; status: string }) => [name, status]),
    ).toEqual([
      ['tentaculo-link', 'up'],
      ['madre', 'up'],
      ['operator-frontend', 'unknown'],
      ['switch', 'unknown'],
      ['hermes', 'unknown'],
      ['operator-backend', 'up'],
      ['redis', 'embedded'],
    ]);
    expect(rows[1]).toEqual({
      name: 'madre',
      status: 'up',
      latency_ms: expect.any(Number),
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('are for principals only', async () => {
    const { status } = await backend.caller.api('/services', {
      headers: { 'x-vx11-token': undefined },
    });
    expect(status).toBe(401);
  });

  it('make an event of every change', async () => {
    const stream = await backend.caller.stream({ query: '&type=vx11.service.*' });
    const { data } = await stream.named('snapshot');
    const ups = data.events.map((event: { data: { service: string } }) => event.data.service);
    expect(ups).toEqual(expect.arrayContaining(['operator-backend', 'madre', 'tentaculo-link']));
    const { port } = new URL(madre.url);
    await madre.close();
    const down = await stream.ofType('vx11.service.down');
    expect(down.data).toMatchObject({
      severity: 'error',
      data: { summary: 'madre is down', service: 'madre', status: 'down' },
    });
    const rows = await list();
    expect(rows[1]).toMatchObject({ name: 'madre', status: 'down', latency_ms: null });
    const back: Server = createServer((_req, res) => res.end()).listen(Number(port), '127.0.0.1');
    await once(back, 'listening');
    expect((back.address() as AddressInfo).port).toBe(Number(port));
    const up = await stream.ofType('vx11.service.up');
    expect(up.data).toMatchObject({
      severity: 'info',
      data: { service: 'madre', latency_ms: expect.any(Number), after_ms: expect.any(Number) },
    });
    await stream.close();
    back.close().closeAllConnections();
    madre = await startService();
  });
});

itLeaksNoToken();
