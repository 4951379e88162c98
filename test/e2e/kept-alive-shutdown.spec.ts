import { Agent, createServer, request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { rmSync } from 'node:fs';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { startGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** The `Connection` header of the response to one POST on a connection of the agent. */
function issue(agent: Agent, base: string, token: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const url = `${base}/operator/api/events/sse-token`;
    const headers = { 'X-VX11-Token': token };
    request(url, { method: 'POST', agent, headers }, (res) => {
      res.resume().once('end', () => resolve(res.headers.connection));
    })
      .once('error', reject)
      .end();
  });
}

describe('kept-alive connections at a shutdown', () => {
  const token = newPrincipalToken();
  const dataDir = newDataDir();
  const agent = new Agent({ keepAlive: true });
  let backend: BackendProcess;

  beforeAll(async () => {
    await build();
    backend = await spawnBackend({ VX11_OPERATOR_TOKEN: token, VX11_DATA_DIR: dataDir });
  });

  afterAll(() => {
    agent.destroy();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('are answered to the end of the notice, and each response says that it is the last', async () => {
    expect(await issue(agent, backend.url, token)).toBe('keep-alive');
    await ask(backend.url, '/readyz');
    const ended = backend.end('SIGTERM');
    await until(() => backend.output.some((line) => line.includes('"stopping"')));
    expect(await issue(agent, backend.url, token)).toBe('close');
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('towards a service are closed by the gateway first', async () => {
    const service = createServer((_req, res) => res.end('{}')).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    let open = 0;
    service.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => (open -= 1));
    });
    const gateway = await startGateway({ VX11_FRONTEND_URL: `http://127.0.0.1:${port}` });
    try {
      await ask(gateway.url, '/operator/ui/');
      expect(open).toBe(1);
      // The service would keep it for 5 s.
      await until(() => open === 0);
    } finally {
      await gateway.close();
      service.close();
    }
  });
});

itLeaksNoToken();
