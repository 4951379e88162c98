import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { until } from '../support/until.js';
import { ask } from '../support/http.js';
import { startService, type Service } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';

const STREAM = '/operator/api/events/stream';

/** A backend that says which one it is; `stream` keeps its answer open. */
function startBackendNumber(number: number): Promise<Service> {
  return startService(({ url }, res) => {
    if (!url.startsWith(STREAM)) {
      res.setHeader('X-Number', number).end();
      return;
    }
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Number': number });
    res.write(': open\n\n');
  });
}

/** Of a response that is not read. */
async function statusOf(url: string): Promise<number | undefined> {
  const sent = request(url, { agent: false }).end();
  const [res] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => {}).destroy();
  return res.statusCode;
}

describe('a pool of backends', () => {
  let backends: Service[];
  let gateway: TestGateway;

  beforeEach(async () => {
    backends = await Promise.all([1, 2, 3].map(startBackendNumber));
    gateway = await startGateway({
      VX11_BACKEND_URLS: backends.map(({ url }) => url).join(', '),
    });
  });

  afterEach(async () => {
    await gateway.close();
    await Promise.all(backends.map((backend) => backend.close()));
  });

  async function streams(count: number): Promise<StreamReader[]> {
    const open: StreamReader[] = [];
    for (let index = 0; index < count; index += 1) {
      open.push(await StreamReader.open(gateway.url, STREAM));
    }
    return open;
  }

  const numbersOf = (open: StreamReader[]) =>
    [1, 2, 3].map(
      (number) => open.filter(({ headers }) => headers['x-number'] === `${number}`).length,
    );

  it('sends each stream to the backend with the fewest', async () => {
    const open = await streams(9);
    expect(numbersOf(open)).toEqual([3, 3, 3]);
    const [left] = open.filter(({ headers }) => headers['x-number'] === '2');
    await left!.close();
    await gone(gateway, 8);
    const [next] = await streams(1);
    expect(next!.headers['x-number']).toBe('2');
    await Promise.all([...open, next!].map((stream) => stream.close()));
  });

  it('sends requests to another backend when one dies, and ends the streams of the dead one', async () => {
    const open = await streams(6);
    await backends[0]!.close();
    const [first, ...others] = [1, 2, 3].map((number) =>
      open.filter(({ headers }) => headers['x-number'] === `${number}`),
    );
    expect(await Promise.all(first!.map(({ ended }) => ended))).toEqual(['clean', 'clean']);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(gateway.url, '/operator/api/health')),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(new Set(answers.map(({ headers }) => headers['x-number']))).toEqual(new Set(['2', '3']));
    expect(await gateway.metric('vx11_gateway_retries_total')).toBeGreaterThan(0);
    await Promise.all(others.flat().map((stream) => stream.close()));
    backends[0] = await startBackendNumber(1);
  });

  it('retries the issuing of a token at another backend, because the dead one got nothing', async () => {
    await Promise.all([backends[0]!.close(), backends[1]!.close()]);
    for (let index = 0; index < 4; index += 1) {
      const answer = await ask(gateway.url, '/operator/api/events/sse-token', { method: 'POST' });
      expect([answer.status, answer.headers['x-number']]).toEqual([200, '3']);
    }
  });

  it('takes a backend back when it is ready again', async () => {
    const { url } = backends[0]!;
    await backends[0]!.close();
    await until(async () => {
      await ask(gateway.url, '/operator/api/health');
      return gateway.log.some((line) => line.includes('"state":"down"'));
    });
    const back = createServer((_req, res) => res.setHeader('X-Number', 1).end());
    back.listen(Number(new URL(url).port), '127.0.0.1');
    const numbers = new Set<unknown>();
    await until(async () => {
      const { headers, status } = await ask(gateway.url, '/operator/api/health');
      expect(status).toBe(200);
      return numbers.add(headers['x-number']).has('1');
    });
    back.close().closeAllConnections();
    backends[0] = await startBackendNumber(1);
  });
});

describe('a backend that answers 503', () => {
  const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
  const JSON_ALONE = { 'content-type': 'application/json' };
  let refusing: Service;
  let good: Service;
  let gateway: TestGateway;
  /** Whether it says that it has used nothing of the request. */
  let unused: boolean;

  beforeEach(async () => {
    unused = true;
    refusing = await startService(({ url }, res) => {
      if (!url.startsWith('/operator')) return res.end();
      if (unused) res.setHeader('X-VX11-Unused', '1');
      res.statusCode = 503;
      return res.setHeader('Content-Type', 'application/problem+json').end('{"code":"draining"}');
    });
    good = await startBackendNumber(2);
    gateway = await startGateway({ VX11_BACKEND_URLS: `${refusing.url}, ${good.url}` });
  });

  afterEach(async () => {
    await gateway.close();
    await Promise.all([refusing.close(), good.close()]);
  });

  /** Until the one that refuses has been asked: it is avoided for a second after that. */
  async function refused(path: string, options: Parameters<typeof ask>[2] = {}) {
    const asked = () => refusing.received.filter(({ url }) => url.startsWith('/operator')).length;
    const before = asked();
    let answer = await ask(gateway.url, path, options);
    await until(async () => {
      if (asked() > before) return true;
      answer = await ask(gateway.url, path, options);
      return asked() > before;
    });
    return { status: answer.status, headers: answer.headers };
  }

  it('is replaced by another one where a repetition changes nothing, once', async () => {
    for (const [path, options] of [
      ['/operator/api/events/sse-token', { method: 'POST' }],
      ['/operator/api/events', { method: 'POST', headers: BATCH, body: '[]' }],
      ['/operator/api/events', {}],
    ] as const) {
      const { status, headers } = await refused(path, options);
      expect([path, status, headers['x-number']]).toEqual([path, 200, '2']);
    }
    expect(await gateway.metric('vx11_gateway_upstream_failures_total')).toBe(3);
    expect(await gateway.metric('vx11_gateway_retries_total')).toBe(3);
  });

  it('is believed that it has used nothing, and the client does not see that', async () => {
    const body = { method: 'POST', headers: JSON_ALONE, body: '{}' };
    expect((await refused('/operator/api/events', body)).status).toBe(200);
    await good.close();
    const alone = await refused('/operator/api/events', body);
    expect(alone.status).toBe(503);
    expect(alone.headers).not.toHaveProperty('x-vx11-unused');
  });

  it('is the answer where it may have done something', async () => {
    unused = false;
    const body = { method: 'POST', headers: JSON_ALONE, body: '{}' };
    expect((await refused('/operator/api/events', body)).status).toBe(503);
    // It is avoided for a second now, and a stream whose token it may have used is not repeated.
    await until(async () => (await statusOf(`${gateway.url}${STREAM}`)) === 503);
  });

  it('gives up a stream whose token it has not used, and is avoided for a second', async () => {
    const open: StreamReader[] = [];
    // The first ones find it; it would have the fewest streams of all then.
    for (let index = 0; index < 6; index += 1) {
      open.push(await StreamReader.open(gateway.url, STREAM));
    }
    expect(open.map(({ headers }) => headers['x-number'])).toEqual(Array(6).fill('2'));
    const asked = refusing.received.filter(({ url }) => url.startsWith(STREAM)).length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(6);
    await Promise.all(open.map((stream) => stream.close()));
  });
});

describe('a request with a body', () => {
  const EVENT = { method: 'POST', headers: { 'content-type': 'application/cloudevents+json' } };
  const TEXT = JSON.stringify({ data: 'x'.repeat(300_000) });

  /** Takes a request whole, and ends its connection without a response. */
  const startBreaking = () =>
    startService(({ method }, res) => {
      if (method === 'POST') res.socket!.destroy();
      else res.end();
    });
  const cut = ({ received }: Service) => received.filter(({ method }) => method === 'POST').length;

  it('goes whole to another backend when the first one got nothing of it', async () => {
    const [dead, alive] = await Promise.all([startService(), startService()]);
    const gateway = await startGateway({ VX11_BACKEND_URLS: `${dead.url},${alive.url}` });
    await dead.close();
    const chunked = { 'transfer-encoding': 'chunked' };
    for (const headers of [{}, chunked, {}, chunked]) {
      const path = '/operator/api/anything';
      const answer = await ask(gateway.url, path, { method: 'POST', headers, body: TEXT });
      expect([answer.status, answer.text === TEXT]).toEqual([200, true]);
    }
    await Promise.all([gateway.close(), alive.close()]);
  });

  it('goes whole to another backend when the first one breaks off, if it is taken only once', async () => {
    const [breaking, alive] = await Promise.all([startBreaking(), startService()]);
    const gateway = await startGateway({ VX11_BACKEND_URLS: `${breaking.url},${alive.url}` });
    // Both backends stay up, so one of any two requests in a row meets the broken one first.
    for (const _ of [1, 2, 3, 4]) {
      const answer = await ask(gateway.url, '/operator/api/events', { ...EVENT, body: TEXT });
      expect([answer.status, answer.text === TEXT]).toEqual([200, true]);
    }
    expect(cut(breaking)).toBeGreaterThan(0);
    expect(await gateway.metric('vx11_gateway_retries_total')).toBe(cut(breaking));
    await Promise.all([gateway.close(), breaking.close(), alive.close()]);
  });

  it('goes to the same backend once more where there is no other', async () => {
    const breaking = await startBreaking();
    const gateway = await startGateway({ VX11_BACKEND_URLS: breaking.url });
    expect((await ask(gateway.url, '/operator/api/events', { ...EVENT, body: TEXT })).status).toBe(
      502,
    );
    expect(cut(breaking)).toBe(2);
    // Plain JSON may be taken twice.
    const plain = { method: 'POST', body: {} };
    expect((await ask(gateway.url, '/operator/api/events', plain)).status).toBe(502);
    expect(cut(breaking)).toBe(3);
    await Promise.all([gateway.close(), breaking.close()]);
  });

  it('goes to two backends at most when it breaks each of them', async () => {
    const backends = await Promise.all([1, 2, 3].map(startBreaking));
    const gateway = await startGateway({
      VX11_BACKEND_URLS: backends.map(({ url }) => url).join(),
    });
    const sent = await ask(gateway.url, '/operator/api/events', { ...EVENT, body: TEXT });
    expect([sent.status, sent.json.code]).toEqual([502, 'upstream_unreachable']);
    expect(backends.reduce((sum, backend) => sum + cut(backend), 0)).toBe(2);
    await Promise.all([gateway, ...backends].map((part) => part.close()));
  });
});

describe('a request that a backend has begun', () => {
  it('is not sent a second time when the backend breaks off', async () => {
    const breaking = await startService(({ url }, res) => {
      if (url === '/readyz') res.end();
      else res.socket!.destroy();
    });
    const gateway = await startGateway({ VX11_BACKEND_URLS: `${breaking.url},${breaking.url}/b` });
    const { status, json } = await ask(gateway.url, '/operator/api/events', {
      method: 'POST',
      body: '{}',
    });
    expect([status, json.code]).toEqual([502, 'upstream_unreachable']);
    expect(breaking.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await Promise.all([gateway.close(), breaking.close()]);
  });

  it('is answered 504 when the backend does not answer in time', async () => {
    const silent = await startService(({ url }, res) => void (url === '/readyz' && res.end()));
    const gateway = await startGateway({
      VX11_BACKEND_URLS: silent.url,
      VX11_GATEWAY_UPSTREAM_SECONDS: '1',
    });
    const { status, json } = await ask(gateway.url, '/operator/api/health');
    expect([status, json.code]).toEqual([504, 'upstream_timeout']);
    await Promise.all([gateway.close(), silent.close()]);
  });

  it.each([
    ['comes whole, though its answer takes longer in all', 4, 'xxxx'],
    ['is cut when its answer stops for longer', 2, 'ECONNRESET'],
  ])('has its time again with each piece: %s', async (_, pieces, outcome) => {
    const slow = await startService(({ url }, res) => {
      if (url === '/readyz') return void res.end();
      res.writeHead(200, { 'Content-Length': '4' });
      for (let piece = 0; piece < pieces; piece += 1) {
        setTimeout(() => res.write('x'), piece * 600);
      }
    });
    const gateway = await startGateway({
      VX11_BACKEND_URLS: slow.url,
      VX11_GATEWAY_UPSTREAM_SECONDS: '1',
    });
    const got = await ask(gateway.url, '/operator/api/x').then(
      ({ text }) => text,
      ({ code }: { code: string }) => code,
    );
    expect(got).toBe(outcome);
    await Promise.all([gateway.close(), slow.close()]);
  });

  it('is cut, not ended, when its answer has a length and breaks off', async () => {
    const breaking = await startService(({ url }, res) => {
      if (url === '/readyz') return void res.end();
      res.writeHead(200, { 'Content-Length': '100' });
      res.write('half', () => res.socket!.destroy());
    });
    const gateway = await startGateway({ VX11_BACKEND_URLS: breaking.url });
    await expect(ask(gateway.url, '/operator/api/x')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await ask(gateway.url, '/livez')).status).toBe(200);
    await Promise.all([gateway.close(), breaking.close()]);
  });
});

describe('a backend that hangs', () => {
  /** Answers with its number until it hangs: then it keeps every connection and says nothing. */
  async function startHanging(number: number) {
    const seen: string[] = [];
    const hanging = { now: false, seen };
    const service = await startService(({ url, method }, res) => {
      seen.push(`${method} ${url}`);
      if (hanging.now) return;
      if (!url.startsWith(STREAM)) {
        res.setHeader('X-Number', number).end();
        return;
      }
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Number': number });
      res.write(': open\n\n');
    });
    return Object.assign(hanging, { service });
  }

  /** Answers no probe in time, but everything else. */
  async function startBusy() {
    const service = await startService(({ url }, res) => {
      if (url === '/readyz') return;
      if (!url.startsWith(STREAM)) {
        res.setHeader('X-Number', 'busy').end();
        return;
      }
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Number': 'busy' });
      const timer = setInterval(() => res.write(': here\n\n'), 300);
      res.once('close', () => clearInterval(timer));
    });
    return { service, now: false, seen: [] as string[] };
  }

  /** @returns how many requests the one that hangs had */
  async function losesRequestsAndStreams(): Promise<number> {
    const backends = await Promise.all([startHanging(1), startHanging(2), startBusy()]);
    const gateway = await startGateway({
      VX11_BACKEND_URLS: backends.map(({ service }) => service.url).join(', '),
    });
    const streams = await Promise.all([1, 2, 3].map(() => StreamReader.open(gateway.url, STREAM)));
    const busy = streams.find(({ headers }) => headers['x-number'] === 'busy');
    const of = (number: number) =>
      streams.find(({ headers }) => headers['x-number'] === `${number}`) as StreamReader;
    backends[0]!.now = true;

    const event = { specversion: '1.0', id: '1', source: '/a', type: 'b' };
    const cloud = (length: number) =>
      Array.from({ length }, () =>
        ask(gateway.url, '/operator/api/events', {
          method: 'POST',
          headers: { 'Content-Type': 'application/cloudevents+json' },
          body: JSON.stringify(event),
        }),
      );
    const issue = (length: number) =>
      Array.from({ length }, () =>
        ask(gateway.url, '/operator/api/events/sse-token', { method: 'POST' }),
      );
    const answers = await Promise.all([...cloud(4), ...issue(4)]);
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.map(({ headers }) => headers['x-number'])).not.toContain('1');
    const had = backends[0]!.seen.filter((line) => line.startsWith('POST')).length;
    expect(await of(1).ended).toBe('clean');
    const { length } = busy!.raw;
    await until(() => busy!.raw.length > length);
    expect(await gateway.metric('vx11_gateway_upstream_failures_total')).toBe(had);

    await busy!.close();
    await of(2).close();
    await gateway.close();
    await Promise.all(backends.map(({ service }) => service.close()));
    return had;
  }

  /** 504 at once, not after the time limit of the request. */
  async function refusesWhatIsNotSafe(): Promise<number> {
    const backends = await Promise.all([1, 2].map(startHanging));
    const gateway = await startGateway({
      VX11_BACKEND_URLS: backends.map(({ service }) => service.url).join(', '),
    });
    // Known to the gateway before it hangs.
    await ask(gateway.url, '/operator/api/health');
    backends[0]!.now = true;
    const json = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"type":"a"}',
    };
    const [plain, streams] = await Promise.all([
      Promise.all([1, 2].map(() => ask(gateway.url, '/operator/api/events', json))),
      Promise.all([1, 2].map(() => StreamReader.open(gateway.url, STREAM))),
    ]);
    const statuses = [...plain.map(({ status }) => status), ...streams.map(({ status }) => status)];
    const hung = backends[0]!.seen.filter((line) => line.includes('/api/events'));
    expect(statuses.filter((status) => status === 504)).toHaveLength(hung.length);
    await Promise.all(streams.map((stream) => stream.close()));
    await gateway.close();
    await Promise.all(backends.map(({ service }) => service.close()));
    return hung.length;
  }

  it('loses its requests to another one, but for streams and plain JSON, and later its streams; a busy one does not', async () => {
    // Together, because both wait for probes.
    const had = await Promise.all([losesRequestsAndStreams(), refusesWhatIsNotSafe()]);
    expect(Math.min(...had)).toBeGreaterThan(0);
  });
});

describe('connections', () => {
  it('are limited for each address, with an answer that says so', async () => {
    const gateway = await startGateway({ VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '3' });
    const held = Array.from({ length: 3 }, () =>
      createConnection(Number(new URL(gateway.url).port), '127.0.0.1'),
    );
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const { status, json, headers } = await ask(gateway.url, '/livez');
    expect([status, json.code, headers['retry-after']]).toEqual([429, 'too_many_connections', '5']);
    for (const socket of held) socket.destroy();
    while ((await ask(gateway.url, '/livez')).status !== 200) continue;
    expect(await gateway.metric('vx11_gateway_connections_refused_total')).toBeGreaterThan(0);
    await gateway.close();
  });

  it('are not limited for a proxy that carries many clients', async () => {
    const gateway = await startGateway({
      VX11_GATEWAY_CONNECTIONS_PER_ADDRESS: '1',
      VX11_GATEWAY_TRUSTED_PROXIES: 'loopback',
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(gateway.url, '/livez')));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    await gateway.close();
  });
});

/** Resolves when only `count` streams are left. */
async function gone(gateway: TestGateway, count: number): Promise<void> {
  while ((await gateway.metric('vx11_gateway_streams_active')) > count) {
    await ask(gateway.url, '/livez');
  }
}
