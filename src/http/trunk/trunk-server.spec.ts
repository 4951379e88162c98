import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { RawTrunk, upgrade } from '../../../test/support/raw-trunk.js';
import { until } from '../../../test/support/until.js';
import { HOP_HEADER, HopKeys } from '../hop-keys.js';
import { dataHead, frameOf, Kind, MOST_NUMBERS, TRUNK_PATH } from './frames.js';
import { TrunkServer } from './trunk-server.js';

const KEY = 'a-key-of-at-least-thirty-two-characters';

let trunks: TrunkServer;
let server: Server;
let url: string;
let trunk: RawTrunk;
/** More than the kernel takes for one connection. */
const MUCH = 20_000_000;

/** Responses by the path of their request. None ends by itself but that to `/done`. */
let open: Map<string, ServerResponse>;

const socketOf = (path: string) => open.get(path)?.socket as Socket;

async function connections(count: number): Promise<Socket[]> {
  for (let number = 1; number <= count; number += 1) trunk.get(number, `/${number}`);
  await until(() => open.size === count);
  return Array.from({ length: count }, (_, index) => socketOf(`/${index + 1}`));
}

beforeEach(async () => {
  open = new Map();
  trunks = new TrunkServer(new HopKeys([KEY]));
  server = createServer(trunks.options, (req, res) => {
    if (req.url === TRUNK_PATH) {
      res.writeHead(404).end();
      return;
    }
    if (req.url === '/kept') res.setHeader('Connection', 'keep-alive');
    res.flushHeaders();
    if (req.url === '/done' || req.url === '/kept') res.end('all of it');
    else if (req.url === '/much') res.end('x'.repeat(MUCH));
    else open.set(req.url ?? '', res);
  }).listen(0, '127.0.0.1');
  trunks.attach(server);
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  trunk = await RawTrunk.open(url, KEY);
});

afterEach(async () => {
  trunk.socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('a trunk', () => {
  it('carries requests and their responses, each to its end', async () => {
    trunk.get(1, '/done');
    trunk.get(2, '/open');
    await until(() => trunk.ended.length === 1);
    expect(trunk.ended).toEqual([1]);
    expect(trunk.got.get(1)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n9\r\nall of it\r\n0\r\n\r\n$/);
    expect(trunk.got.get(2)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  });

  it('ends one whose response says that it stays open: no request follows', async () => {
    trunk.get(1, '/kept');
    await until(() => trunk.ended.length === 1);
    expect(trunk.got.get(1)).toMatch(/connection: keep-alive[^]*all of it\r\n0\r\n\r\n$/i);
  });

  it('takes what many connections get at once as one', async () => {
    const count = 3;
    const sockets = await connections(count);
    await until(() => trunk.got.size === count);
    trunk.shares.length = 0;
    const shared = Buffer.from('for all');
    for (const socket of sockets) socket.write(shared);
    sockets[1]?.write(Buffer.from('for one'));
    await trunk.has(2, 'for allfor one');
    expect(trunk.shares).toEqual([count, 1]);
  });

  it('gives what one gets twice twice', async () => {
    const [one, other] = (await connections(2)) as [Socket, Socket];
    await until(() => trunk.got.size === 2);
    trunk.shares.length = 0;
    const shared = Buffer.from('again');
    for (const socket of [one, other, one]) socket.write(shared);
    await trunk.has(1, 'againagain');
    // A part of a frame goes to each that it names, so it names none twice.
    expect(trunk.shares).toEqual([2, 1]);
  });

  it('divides what more get than the gateway can serve in a moment', async () => {
    const count = MOST_NUMBERS + 1;
    const sockets = await connections(count);
    await until(() => trunk.got.size === count);
    trunk.shares.length = 0;
    const shared = Buffer.from('for all');
    for (const socket of sockets) socket.write(shared);
    await trunk.has(count, 'for all');
    expect(trunk.shares).toEqual([MOST_NUMBERS, 1]);
  });

  it('holds back what is for a client that does not read, and nothing else', async () => {
    const [slow, other] = (await connections(2)) as [Socket, Socket];
    trunk.send(Kind.pause, 1);
    // A request is answered after what was sent before it.
    trunk.get(3, '/3');
    await until(() => open.size === 3);
    for (const text of ['one', 'two', 'three']) {
      slow.write(Buffer.from(text));
      other.write(Buffer.from(text));
    }
    expect(slow.writableLength).toBe('onetwothree'.length);
    await trunk.has(2, 'onetwothree');
    expect(trunk.got.get(1)).not.toContain('one');
    trunk.send(Kind.resume, 1);
    await trunk.has(1, 'onetwothree');
    expect(slow.writableLength).toBe(0);
  });

  it('makes writers wait while the gateway does not read, and loses nothing', async () => {
    const count = 20;
    const sockets = await connections(count);
    await until(() => trunk.got.size === count);
    trunk.socket.pause();
    const line = 'x'.repeat(1000);
    const written = new Map<Socket, number>(sockets.map((socket) => [socket, 0]));
    const isStuck = () => sockets.every(({ writableLength }) => writableLength > 10_000);
    await until(() => {
      for (const socket of sockets) {
        const number = (written.get(socket) ?? 0) + 1;
        written.set(socket, number);
        socket.write(Buffer.from(`${number}${line}`));
      }
      return isStuck();
    });
    trunk.socket.resume();
    await until(() => sockets.every(({ writableLength }) => writableLength === 0));
    for (const [index, socket] of sockets.entries()) {
      const count = written.get(socket) ?? 0;
      await trunk.has(index + 1, `${count}${line}`);
      const numbers = trunk.got.get(index + 1)?.match(/\d+(?=xxx)/g) ?? [];
      expect(numbers.map(Number)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
    }
  });

  it('gives each connection what was written to it, in any order of anything', async () => {
    const count = 4;
    const sockets = await connections(count);
    await until(() => trunk.got.size === count);
    const start = new Map(trunk.got);
    const shared = [Buffer.from('[shared]'), Buffer.from('[other]')];
    const expected = new Map<number, string>();
    const number = fc.integer({ min: 1, max: count });
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constantFrom('pause', 'resume', 'turn', 'own'), number }),
        fc.record({ kind: fc.constantFrom('0', '1'), number }),
      ),
      { maxLength: 60 },
    );
    let own = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        for (const { kind, number: to } of all) {
          if (kind === 'pause') trunk.send(Kind.pause, to);
          else if (kind === 'resume') trunk.send(Kind.resume, to);
          else if (kind === 'turn') await new Promise(setImmediate);
          else {
            own += 1;
            const text = kind === 'own' ? `[${own}]` : String(shared[Number(kind)]);
            // As a shared frame is written, and as Node's responses write.
            if (kind === 'own') sockets[to - 1]?.write(text, 'latin1');
            else sockets[to - 1]?.write(shared[Number(kind)] as Buffer);
            expected.set(to, (expected.get(to) ?? '') + text);
          }
        }
        for (let to = 1; to <= count; to += 1) trunk.send(Kind.resume, to);
        await until(() => [...expected].every(([to, text]) => trunk.got.get(to)?.endsWith(text)));
        for (const [to, text] of expected) {
          expect(trunk.got.get(to)).toBe((start.get(to) ?? '') + text);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('carries a write that is longer than a frame', async () => {
    await connections(1);
    const long = Array.from({ length: 50_000 }, (_, index) => String(index)).join(' ');
    open.get('/1')?.end(long);
    await until(() => trunk.ended.length === 1);
    const chunk = `${long.length.toString(16)}\r\n${long}\r\n`;
    expect(trunk.got.get(1)?.endsWith(`\r\n\r\n${chunk}0\r\n\r\n`)).toBe(true);
  });

  it('tells the server when the gateway has closed one, and only that one', async () => {
    const [left, other] = (await connections(2)) as [Socket, Socket];
    const over = once(open.get('/1') as ServerResponse, 'close');
    trunk.send(Kind.close, 1);
    await over;
    expect([left.destroyed, other.destroyed]).toEqual([true, false]);
    other.write(Buffer.from('still here'));
    await trunk.has(2, 'still here');
    // The gateway has forgotten its number.
    expect(trunk.ended).toEqual([]);
  });

  it('tells the gateway when the server has cut one off', async () => {
    const [cut] = (await connections(2)) as [Socket, Socket];
    cut.destroy();
    await until(() => trunk.ended.length === 1);
    expect([trunk.ended, trunk.isClosed]).toEqual([[1], false]);
  });

  it('takes all with it when it breaks', async () => {
    await connections(3);
    const over = [...open.values()].map((res) => once(res, 'close'));
    trunk.socket.resetAndDestroy();
    await Promise.all(over);
    expect(server.listening).toBe(true);
  });

  it('answers a request that is no HTTP as on any connection', async () => {
    trunk.socket.write(frameOf(Kind.open, 1, 'NOT HTTP\r\n\r\n'));
    await until(() => trunk.ended.length === 1);
    expect(trunk.got.get(1)).toMatch(/^HTTP\/1\.1 400 /);
    expect(trunk.isClosed).toBe(false);
  });

  it('carries no trunk', async () => {
    const signature = new HopKeys([KEY]).signOwn(`http://a${TRUNK_PATH}`, Date.now())[HOP_HEADER];
    const head = [
      `GET ${TRUNK_PATH} HTTP/1.1`,
      'Host: a',
      'Connection: upgrade, close',
      'Upgrade: vx11-trunk',
      `${HOP_HEADER}: ${signature}`,
    ].join('\r\n');
    trunk.socket.write(frameOf(Kind.open, 1, `${head}\r\n\r\n`));
    await trunk.has(1, 'HTTP/1.1 404 ');
    expect(trunk.isClosed).toBe(false);
  });

  it('answers a ping, and says when the instance shuts down', async () => {
    trunk.send(Kind.ping, 7);
    await until(() => trunk.pongs.length === 1);
    trunks.retire();
    await until(() => trunk.isRetired);
    expect(trunk.pongs).toEqual([7]);
  });

  it('does not mind what concerns a connection that has just closed', async () => {
    trunk.get(1, '/done');
    await until(() => trunk.ended.length === 1);
    for (const kind of [Kind.pause, Kind.resume, Kind.close]) trunk.send(kind, 1);
    trunk.get(2, '/2');
    await trunk.has(2, '200 OK');
    expect(trunk.isClosed).toBe(false);
  });

  const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  it.each<[string, Buffer]>([
    ['a kind that is none', frameOf(9, 1)],
    ['a frame that only an instance sends', frameOf(Kind.end, 1)],
    ['data', Buffer.concat([dataHead([1], 1), Buffer.from('a')])],
    ['a frame without a number', Buffer.from([0, 0, 0, 1, Kind.close, 0, 0, 0, 1])],
    ['a frame without an end', Buffer.from([0xff, 0xff, 0xff, 0xff, Kind.open, 0, 0, 0, 1])],
    [
      'a number that was used',
      Buffer.concat([frameOf(Kind.open, 9, head), frameOf(Kind.open, 9, head)]),
    ],
    [
      'a number before the last one',
      Buffer.concat([frameOf(Kind.open, 9, head), frameOf(Kind.open, 8, head)]),
    ],
    ['HTTP', Buffer.from(head)],
    ['zeros', Buffer.alloc(64)],
  ])('closes at %s, and the server goes on', async (_, bytes) => {
    trunk.socket.write(bytes);
    await until(() => trunk.isClosed);
    const next = await RawTrunk.open(url, KEY);
    next.get(1, '/next');
    await next.has(1, '200 OK');
    expect(next.isClosed).toBe(false);
    next.socket.destroy();
  });
});

describe('a server that takes trunks', () => {
  const signed = (target: string, at = Date.now()) =>
    new HopKeys([KEY]).signOwn(`http://a${target}`, at)[HOP_HEADER] as string;

  it('takes none that a Node without the callback passes on', async () => {
    const old = createServer({ shouldUpgradeCallback: () => true }).listen(0, '127.0.0.1');
    trunks.attach(old);
    await once(old, 'listening');
    const to = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
    await expect(upgrade(to, {})).rejects.toThrow(/closed without an answer|ECONNRESET/);
    old.close();
  });

  it.each<[string, Parameters<typeof upgrade>[1]]>([
    ['is not signed', {}],
    ['is signed with another key', { key: `${KEY}-not` }],
    ['is signed for another path', { signature: signed('/other') }],
    ['was signed an hour ago', { signature: signed(TRUNK_PATH, Date.now() - 3_600_000) }],
    ['is a POST', { key: KEY, method: 'POST' }],
    ['wants another protocol', { key: KEY, protocol: 'websocket' }],
  ])('answers a request that %s as any other', async (_, options) => {
    const { socket, status } = await upgrade(url, options);
    socket.destroy();
    expect(status).toBe(404);
  });

  it('loses nothing that the gateway has not read when it stops', async () => {
    const finished = new Promise((resolve) =>
      server.once('request', (_, res: ServerResponse) => res.once('close', resolve)),
    );
    trunk.socket.once('data', () => trunk.socket.pause());
    trunk.get(1, '/much');
    await until(() => trunk.socket.isPaused());
    const stop = setInterval(() => {
      server.closeIdleConnections();
      trunk.send(Kind.close, 99);
    });
    trunk.socket.resume();
    await finished;
    await until(() => trunk.isClosed);
    clearInterval(stop);
    expect(trunk.got.get(1)?.match(/x/g)).toHaveLength(MUCH);
    expect(trunk.got.get(1)?.endsWith('\r\n0\r\n\r\n')).toBe(true);
  });

  it('closes trunks without connections when it stops, and the others when all are closed', async () => {
    await connections(1);
    const idle = await RawTrunk.open(url, KEY);
    server.closeIdleConnections();
    await until(() => idle.isClosed);
    expect(trunk.isClosed).toBe(false);
    server.closeAllConnections();
    await until(() => trunk.isClosed);
  });
});
