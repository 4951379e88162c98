import { Agent, createServer, request, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { newDataDir, newPrincipalToken } from '../support/backend.js';
import { startGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** The response to one POST on a connection of the agent: its headers, and the connection. */
function issue(
  agent: Agent,
  base: string,
  token: string,
): Promise<{ headers: IncomingHttpHeaders; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const url = `${base}/operator/api/events/sse-token`;
    const headers = { 'X-VX11-Token': token };
    request(url, { method: 'POST', agent, headers }, (res) => {
      const { headers, socket } = res;
      res.resume().once('end', () => resolve({ headers, socket }));
    })
      .once('error', reject)
      .end();
  });
}

describe('kept-alive connections at a shutdown', () => {
  const token = newPrincipalToken();
  const dataDir = newDataDir();
  const agent = new Agent({ keepAlive: true });
  // Node's agent reads Keep-Alive only with a timeout of its own, as its global agent has.
  const idle = new Agent({ keepAlive: true, timeout: 60_000 });
  let backend: BackendProcess;

  beforeAll(async () => {
    await build();
    backend = await spawnBackend({ VX11_OPERATOR_TOKEN: token, VX11_DATA_DIR: dataDir });
  });

  afterAll(() => {
    agent.destroy();
    idle.destroy();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('are answered to the end of the notice, and each response says that it is the last', async () => {
    const before = await issue(agent, backend.url, token);
    expect(before.headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=4' });
    const { socket } = await issue(idle, backend.url, token);
    const closedBy = new Promise((resolve) => {
      socket.once('end', () => resolve('the server')).once('timeout', () => resolve('the client'));
    });
    await ask(backend.url, '/readyz');
    const ended = backend.end('SIGTERM');
    await until(() => backend.output.some((line) => line.includes('"stopping"')));
    expect((await issue(agent, backend.url, token)).headers.connection).toBe('close');
    // A server that closed first could reset a request that the client is sending.
    expect(await closedBy).toBe('the client');
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
