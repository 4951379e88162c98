import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { probe } from './probe.js';

describe('a probe', () => {
  let server: Server;
  let url: string;
  let answer: RequestListener;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer((req, res) => answer(req, res)).listen(0, '127.0.0.1');
    server.on('connection', (socket) => void sockets.push(socket));
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it('finds a service up that answers 2xx, on one connection', async () => {
    answer = (_, res) => res.writeHead(204).end();
    expect(await probe(url, 5_000)).toMatchObject({ up: true });
    expect(await probe(url, 5_000)).toMatchObject({ up: true });
    expect(sockets).toHaveLength(1);
  });

  it('is done with a 2xx of any type, whose connection the next one uses', async () => {
    answer = (_, res) =>
      res
        .writeHead(200, { 'Content-Type': 'application/problem+json', 'Content-Length': 2 })
        .end('{}');
    for (let probes = 0; probes < 3; probes += 1) {
      expect(await probe(url, 5_000)).toMatchObject({ up: true, takesTrunks: false });
      // The rest of the answer has its turn.
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
    }
    expect(sockets.length).toBe(1);
  });

  it('tells whether the service takes trunks', async () => {
    answer = (_, res) => res.writeHead(200, { 'X-VX11-Trunk': '1' }).end();
    expect(await probe(url, 5_000)).toMatchObject({ up: true, takesTrunks: true });
  });

  it.each([302, 404, 503])('finds one down that answers %d', async (status) => {
    answer = (_, res) => res.writeHead(status, { Location: '/' }).end();
    expect(await probe(url, 5_000)).toMatchObject({ up: false, why: 'status' });
  });

  const problem = (body: string, type = 'application/problem+json; charset=utf-8') => {
    answer = (_, res) =>
      res.writeHead(503, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
  };

  it('says which problem a service names', async () => {
    problem('{"code":"not_ready"}');
    expect(await probe(url, 5_000)).toMatchObject({ why: 'status', code: 'not_ready' });
  });

  it.each([
    ['no JSON', '{"code":'],
    ['null', 'null'],
    ['a code that is no text', '{"code":{"toString":1}}'],
    ['too long a problem', JSON.stringify({ code: 'not_ready', detail: 'a'.repeat(5_000) })],
  ])('finds one down without a problem that answers %s', async (_, body) => {
    problem(body);
    const { code, ...result } = (await probe(url, 5_000)) as { code?: string };
    expect([code, result]).toEqual([undefined, expect.objectContaining({ why: 'status' })]);
  });

  it('reads no problem of another type', async () => {
    problem('{"code":"not_ready"}', 'application/json');
    expect(await probe(url, 5_000)).not.toHaveProperty('code');
  });

  it('finds one down whose problem breaks off', async () => {
    answer = (req, res) => {
      res.writeHead(503, { 'Content-Type': 'application/problem+json', 'Content-Length': 100 });
      res.write('{', () => req.socket.destroy());
    };
    expect(await probe(url, 5_000)).toMatchObject({ up: false, why: 'status' });
  });

  it('finds one down whose problem never ends', async () => {
    answer = (_, res) => {
      res.writeHead(503, { 'Content-Type': 'application/problem+json', 'Content-Length': 100 });
      res.write('{');
    };
    expect(await probe(url, 200)).toMatchObject({ up: false, why: 'status' });
  });

  it('says that one does not answer in time', async () => {
    answer = () => undefined;
    expect(await probe(url, 50)).toMatchObject({ up: false, why: 'timeout' });
  });

  it('says that one refuses the connection or breaks it', async () => {
    answer = (req) => req.socket.destroy();
    expect(await probe(url, 5_000)).toMatchObject({ up: false, why: 'refused' });
    expect(await probe('http://127.0.0.1:1/', 5_000)).toMatchObject({ why: 'refused' });
  });

  it('connects again when the service has closed the idle connection', async () => {
    let asked = 0;
    answer = (req, res) => {
      asked += 1;
      if (asked === 2) req.socket.resetAndDestroy();
      else res.end();
    };
    await probe(url, 5_000);
    expect(await probe(url, 5_000)).toMatchObject({ up: true });
    expect(asked).toBe(3);
  });

  it('takes the status of an endless body, and closes its connection in time', async () => {
    let ended: Promise<unknown> | undefined;
    answer = (_, res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write('more'), 5);
      res.once('close', () => clearInterval(timer));
      ended = once(res, 'close');
    };
    expect(await probe(url, 200)).toMatchObject({ up: true });
    await ended;
  });
});
