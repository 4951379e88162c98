import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask } from '../support/http.js';
import { startService, type Received, type Service } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';
import { until } from '../support/until.js';

const STREAM = '/operator/api/events/stream';
const EVENTS = '/operator/api/events';
/** Longer than any machine takes for what a test does meanwhile. */
const LONG = { VX11_GATEWAY_WAIT_SECONDS: '20' };
/** As plain JSON, so the gateway may send it once only. */
const PUBLISH = { method: 'POST', body: { type: 'test.wait', data: 'x'.repeat(100_000) } };

describe('a request while no instance is up', () => {
  let isReady: boolean;
  /** Called for each request; may answer it. */
  let refuses: (res: ServerResponse) => boolean;
  let backend: Service;
  let gateway: TestGateway;

  beforeEach(async () => {
    isReady = true;
    refuses = () => false;
    backend = await startService((req, res) => {
      if (req.url === '/readyz') res.writeHead(isReady ? 200 : 503).end();
      else if (refuses(res)) return;
      else if (!req.url.startsWith(STREAM)) res.end(req.body);
      else {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        res.write(': open\n\n');
      }
    });
  });

  afterEach(async () => {
    await gateway.close();
    await backend.close();
  });

  const start = async (env: Record<string, string>) => {
    gateway = await startGateway({ VX11_BACKEND_URLS: backend.url, ...env });
  };
  const hasUp = async (count: number) => {
    const gauge = gateway.registry.getSingleMetric('vx11_gateway_upstreams');
    const { values } = (await gauge?.get()) ?? { values: [] };
    return values.some(({ labels, value }) => labels['state'] === 'up' && value === count);
  };
  const leave = async () => {
    isReady = false;
    await until(() => hasUp(0));
  };
  const waiting = (count: number) =>
    until(async () => (await gateway.metric('vx11_gateway_requests_waiting')) === count);
  const received = (wanted: (req: Received) => boolean = () => true) =>
    backend.received.filter((req) => req.url !== '/readyz' && wanted(req));

  it('waits, and is sent once and whole when one is', async () => {
    await start(LONG);
    await leave();
    const answers = [1, 2, 3].map(() => ask(gateway.url, EVENTS, PUBLISH));
    const stream = StreamReader.open(gateway.url, STREAM);
    await waiting(4);
    expect(received()).toEqual([]);
    isReady = true;
    for (const { status, json } of await Promise.all(answers)) {
      expect([status, json]).toEqual([200, PUBLISH.body]);
    }
    const opened = await stream;
    expect(opened.headers['content-type']).toBe('text/event-stream');
    await opened.close();
    expect(received(({ method }) => method === 'POST')).toHaveLength(3);
    expect(received(({ url }) => url === STREAM)).toHaveLength(1);
    expect(await gateway.metric('vx11_gateway_requests_waiting')).toBe(0);
  });

  it('is refused when the time is over, with what happened and when to come back', async () => {
    await start({ VX11_GATEWAY_WAIT_SECONDS: '1' });
    await leave();
    const { status, headers, json } = await ask(gateway.url, EVENTS, PUBLISH);
    expect([status, headers['retry-after'], json.code]).toEqual([503, '1', 'upstream_unavailable']);
    expect(received()).toEqual([]);
  });

  it('is refused at once where nobody is to wait', async () => {
    await start({ VX11_GATEWAY_WAIT_SECONDS: '0' });
    await leave();
    expect((await ask(gateway.url, EVENTS, PUBLISH)).status).toBe(503);
    const stream = await StreamReader.open(gateway.url, STREAM);
    expect(await stream.refusal()).toEqual({ status: 503, code: 'upstream_unavailable' });
  });

  it('is told when one that died may have done it', async () => {
    await start({ VX11_GATEWAY_WAIT_SECONDS: '1' });
    await backend.close();
    const { port } = new URL(backend.url);
    // Takes one request, and is gone with it.
    const dying = await startService(({ url }, res) => {
      if (url === '/readyz') return void res.end();
      void dying.close();
    }, Number(port));
    await until(() => hasUp(1));
    const { status, json } = await ask(gateway.url, EVENTS, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: '[]',
    });
    expect([status, json.code]).toEqual([502, 'upstream_unreachable']);
    expect(json.detail).toContain('not known');
    expect(dying.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
    backend = await startService();
  });

  it('is forgotten when its client leaves', async () => {
    await start(LONG);
    await leave();
    const left = request(`${gateway.url}${EVENTS}`, { method: 'POST', agent: false });
    left.on('error', () => {}).end('{"left":true}');
    const stays = ask(gateway.url, EVENTS, PUBLISH);
    await waiting(2);
    left.destroy();
    await waiting(1);
    isReady = true;
    expect((await stays).status).toBe(200);
    expect(received().map(({ body }) => body)).toEqual([JSON.stringify(PUBLISH.body)]);
  });

  it('is refused when the gateway shuts down', async () => {
    await start(LONG);
    await leave();
    const answers = [ask(gateway.url, EVENTS, PUBLISH), ask(gateway.url, EVENTS)];
    await waiting(2);
    const closing = gateway.close();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([503, 503]);
    await closing;
  });

  it('waits again when the instance that came back is gone at once', async () => {
    await start(LONG);
    await leave();
    const answer = ask(gateway.url, EVENTS, PUBLISH);
    await waiting(1);
    // It answers the probe, and takes no connection.
    const { port } = new URL(backend.url);
    await backend.close();
    const half = createServer((socket) => {
      socket.once('data', () => {
        half.close();
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      });
    }).listen(Number(port), '127.0.0.1');
    await once(half, 'close');
    await until(() => gateway.log.some((line) => line.includes('"failure":"unreachable"')));
    await waiting(1);
    backend = await startService(undefined, Number(port));
    expect((await answer).status).toBe(200);
    expect(received(({ method }) => method === 'POST')).toHaveLength(1);
  });

  describe('that an instance refuses with 503', () => {
    const EVENT = {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: '{"id":"1"}',
    };

    /** Refuses while it is not ready, and the first request in any case. */
    const refuse = (first: () => void) => {
      let refusals = 0;
      refuses = (res) => {
        if (refusals === 0) first();
        else if (isReady) return false;
        refusals += 1;
        res.writeHead(503, { 'Content-Type': 'application/problem+json' });
        res.end('{"code":"event_log_unavailable"}');
        return true;
      };
    };

    it('waits until it is ready, if a probe says that the whole instance is not', async () => {
      await start(LONG);
      refuse(() => (isReady = false));
      const answer = ask(gateway.url, EVENTS, EVENT);
      await waiting(1);
      isReady = true;
      expect((await answer).status).toBe(200);
      expect(received().map(({ body }) => body)).toEqual([EVENT.body, EVENT.body]);
    });

    it('gets the refusal, if the instance is ready', async () => {
      await start(LONG);
      refuse(() => {});
      const { status, json } = await ask(gateway.url, EVENTS, EVENT);
      expect([status, json.code]).toEqual([503, 'event_log_unavailable']);
      expect(received()).toHaveLength(1);
    });

    it('hears that it broke off, if the refusal of a stream does while the gateway asks', async () => {
      await start(LONG);
      refuses = (res) => {
        res.writeHead(503, { 'X-VX11-Unused': '1', 'Content-Length': '100' });
        res.write('{', () => res.destroy());
        return true;
      };
      const stream = await StreamReader.open(gateway.url, STREAM);
      expect(await stream.refusal()).toEqual({ status: 502, code: 'upstream_unreachable' });
      expect(received()).toHaveLength(1);
    });

    it('gets the refusal, if it may not be sent twice', async () => {
      await start(LONG);
      refuse(() => (isReady = false));
      const { status, json } = await ask(gateway.url, EVENTS, PUBLISH);
      expect([status, json.code]).toEqual([503, 'event_log_unavailable']);
      expect(received()).toHaveLength(1);
    });

    it('costs a crowd few probes', async () => {
      await start(LONG);
      refuse(() => (isReady = false));
      const answers = Array.from({ length: 200 }, () => ask(gateway.url, EVENTS, EVENT));
      await waiting(200);
      const probes = backend.received.filter(({ url }) => url === '/readyz');
      expect(probes.length).toBeLessThan(50);
      isReady = true;
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
    });
  });
});
