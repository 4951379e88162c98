import dns from 'node:dns';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { startService, type Service } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';
import { until } from '../support/until.js';

const STREAM = '/operator/api/events/stream';
const EVENTS = '/operator/api/events';

describe('a service that is known by its name', () => {
  let backend: Service;
  let gateway: TestGateway;

  beforeEach(async () => {
    backend = await startService((req, res) => {
      if (!req.url.startsWith(STREAM)) res.end('{}');
      else {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        res.write(': open\n\n');
      }
    });
    const named = backend.url.replace('127.0.0.1', 'localhost');
    gateway = await startGateway({ VX11_BACKEND_URLS: named, VX11_DRAIN_SECONDS: '1' });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    await backend.close();
  });

  it('gets streams and requests while DNS is silent, from the first one on', async () => {
    // The probes have found it.
    await until(() => backend.received.some(({ url }) => url === '/readyz'));
    jest.spyOn(dns, 'lookup').mockImplementation((() => undefined) as unknown as typeof dns.lookup);
    // Older than what serves without another lookup.
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 2_000);
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => StreamReader.open(gateway.url, STREAM)),
    );
    expect((await ask(gateway.url, EVENTS)).status).toBe(200);
    expect(dns.lookup).toHaveBeenCalledTimes(1);
    await Promise.all(streams.map((stream) => stream.close()));
  });
});
