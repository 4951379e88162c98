import fc from 'fast-check';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { closed } from '../support/http.js';

const STREAM = '/operator/api/events/stream';
const HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const chunk = (body: string | Uint8Array) =>
  Buffer.concat([
    Buffer.from(`${Buffer.from(body).length.toString(16)}\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);

/** A service that writes its streams byte by byte as a test says. */
let backend: Server;
let gateway: TestGateway;
let answer: (socket: Socket) => unknown;
let ended: Promise<void>;

beforeAll(async () => {
  backend = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (head: Buffer) => {
      if (!head.includes(STREAM)) {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      ended = closed(socket);
      void answer(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const { port } = backend.address() as AddressInfo;
  gateway = await startGateway({ VX11_BACKEND_URLS: `http://127.0.0.1:${port}` });
});

afterAll(async () => {
  await gateway.close();
  backend.close();
});

/** All bytes that a client gets, until the body or the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let got = '';
  socket.on('data', (bytes: Buffer) => {
    got += bytes.toString('latin1');
    if (got.endsWith('0\r\n\r\n')) socket.end();
  });
  socket.write(text);
  await closed(socket);
  return got;
}

const get = (version = '1.1', connection = 'close') =>
  `GET ${STREAM} HTTP/${version}\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`;
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);

/** What a client of Node reads; rejects when the body is cut off. */
async function read(): Promise<{ status: number | undefined; body: Buffer }> {
  const sent = request(`${gateway.url}${STREAM}`, { agent: false }).end();
  const [res] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: res.statusCode, body: await buffer(res) };
}

describe('the bytes of a stream through the gateway', () => {
  it('are those of the service, however its chunks and packets are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (bodies, places) => {
          const bytes = Buffer.concat([
            Buffer.from(HEAD),
            ...bodies.map(chunk),
            Buffer.from('0\r\n\r\n'),
          ]);
          const cuts = [...places.map((place) => place % bytes.length), bytes.length];
          answer = async (socket) => {
            socket.setNoDelay(true);
            let from = 0;
            for (const to of cuts.toSorted((a, b) => a - b)) {
              if (to > from) socket.write(bytes.subarray(from, to));
              from = to;
              await turn();
            }
          };
          const { body } = await read();
          expect(body.equals(Buffer.concat(bodies))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keep their chunks, and end with the last one, whatever comes after it', async () => {
    answer = (socket) =>
      socket.write(
        `${HEAD}${chunk('one').toString()}${chunk('two').toString()}0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nmore`,
      );
    expect(bodyOf(await raw(get()))).toBe('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n');
  });

  it('are decoded for a client that knows no chunks', async () => {
    answer = (socket) => socket.write(`${HEAD}${chunk('one').toString()}0\r\n\r\n`);
    expect(bodyOf(await raw(get('1.0')))).toBe('one');
  });

  it('wait for the response before them on the connection', async () => {
    answer = (socket) => socket.write(`${HEAD}${chunk('one').toString()}0\r\n\r\n`);
    const got = await raw(`GET /livez HTTP/1.1\r\nHost: a\r\n\r\n${get()}`);
    expect(got.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
    expect(got.endsWith('3\r\none\r\n0\r\n\r\n')).toBe(true);
  });

  it.each([
    ['extensions', '3;a=b\r\none\r\n', 'one'],
    ['an informational response before it', '', ''],
    ['trailers', '0\r\nX-Late: yes\r\n\r\n', ''],
  ])('are read with %s', async (what, odd, more) => {
    const before = what.startsWith('an informational') ? 'HTTP/1.1 103 Early Hints\r\n\r\n' : '';
    const end = what === 'trailers' ? '' : '0\r\n\r\n';
    answer = (socket) => socket.write(`${before}${HEAD}${chunk('zero').toString()}${odd}${end}`);
    const { status, body } = await read();
    expect([status, body.toString()]).toEqual([200, `zero${more}`]);
  });

  it('break off where they were promised a length, and nothing follows on the connection', async () => {
    answer = (socket) =>
      socket.end(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 600\r\n\r\none',
      );
    expect(bodyOf(await raw(get('1.1', 'keep-alive')))).toBe('one');
  });

  it('are refused where the service answers 101, which nobody asked for', async () => {
    answer = (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    expect((await read()).status).toBe(502);
  });

  it('are read without chunks', async () => {
    answer = (socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 3\r\n\r\none',
      );
    expect((await read()).body.toString()).toBe('one');
  });

  it('end in order when the service dies between two chunks', async () => {
    answer = (socket) => {
      socket.write(`${HEAD}${chunk('one').toString()}`, () => socket.resetAndDestroy());
    };
    expect(bodyOf(await raw(get('1.1', 'keep-alive')))).toBe('3\r\none\r\n0\r\n\r\n');
  });

  it('never end in order inside of a chunk', async () => {
    answer = (socket) => {
      socket.end(`${HEAD}${chunk('one').toString()}9\r\ntwo`);
    };
    expect(bodyOf(await raw(get('1.1', 'keep-alive')))).toBe('3\r\none\r\n9\r\ntwo');
    await expect(read()).rejects.toThrow('aborted');
  });

  it.each([
    ['a chunk that is longer than it says', '3\r\nonetwo\r\n0\r\n\r\n'],
    ['no size', `HTTP/1.1 200 OK\r\n\r\n`],
    ['a size that is no number', '+3\r\none\r\n0\r\n\r\n'],
  ])('are cut off at %s, and the service is left', async (_, wrong) => {
    answer = (socket) => socket.write(`${HEAD}${chunk('zero').toString()}${wrong}`);
    const got = bodyOf(await raw(get('1.1', 'keep-alive')));
    await ended;
    expect(['4\r\nzero\r\n', '4\r\nzero\r\n0\r\n\r\n', '']).toContain(got);
  });

  it.each([
    ['HTTP/1.1 200 O\x01K', 200],
    ['HTTP/1.1 503 \x7f', 503],
    ['HTTP/1.1 200 \xff\x00', 200],
    ['HTTP/1.1 099 Odd', 502],
    ['HTTP/1.1 000 Odd', 502],
    ['HTTP/1.1 999 Odd', 999],
    ['HTTP/1.1 200 OK\r\nX-Odd: \x01', 502],
    ['HTTP/1.1 200 OK\r\nX-Odd: \x7f', 502],
    ['HTTP/1.1 200 OK\r\nX Odd: 1', 502],
  ])('after a head that nobody may write leave the gateway well: %j', async (head, status) => {
    answer = (socket) =>
      socket.end(Buffer.from(`${head}\r\nContent-Length: 3\r\nX-E: \xe9\r\n\r\none`, 'latin1'));
    expect(await raw(get())).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await raw('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  it('have no body in the answer to HEAD', async () => {
    answer = (socket) => socket.end(`${HEAD}${chunk('GET / HTTP/1.1').toString()}`);
    const got = await raw(get().replace('GET', 'HEAD'));
    expect(bodyOf(got)).toBe('');
  });

  it('end, and leave the gateway well, whatever a service sends', async () => {
    const part = fc.oneof(
      fc.constantFrom(HEAD, HEAD.replace('chunked', 'gzip, chunked'), 'HTTP/1.1 101 Up\r\n\r\n'),
      fc.constantFrom(
        'HTTP/1.1 204 No\r\n\r\n',
        'HTTP/1.1 200 OK\r\n',
        '\r\n',
        '0\r\n',
        'a\r\n',
        '\n',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.string({ maxLength: 30 }).map((text) => (text === '' ? '' : chunk(text).toString())),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(part, fc.boolean()), { maxLength: 8 }), async (parts) => {
        answer = async (socket) => {
          for (const [text, isApart] of parts) {
            socket.write(text);
            if (isApart) await turn();
          }
          socket.end();
        };
        await raw(get());
        await ended;
      }),
      { numRuns: 300 },
    );
    expect(await raw('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});
