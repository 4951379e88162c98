import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { until } from '../../test/support/until.js';
import { HopKeys } from '../http/hop-keys.js';
import { dataHead, frameOf, Kind, MOST_DATA, MOST_OPEN } from '../http/trunk/frames.js';
import { TrunkServer } from '../http/trunk/trunk-server.js';
import type { Line } from './line.js';
import { Trunk } from './trunk.js';

const keys = new HopKeys(['a-key-of-at-least-thirty-two-characters']);
const GET = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

interface Client {
  readonly line: Line;
  text: string;
  closed: number;
  error?: Error | undefined;
}

/** A request on the trunk, and what its client gets. */
function client(trunk: Trunk, path: string): Client {
  const events = {
    read: (bytes: Buffer) => void (made.text += bytes.toString('latin1')),
    closed(error?: Error) {
      made.closed += 1;
      made.error = error;
    },
  };
  const line = trunk.open(GET(path), events);
  if (!line) throw new Error('the trunk is not open');
  const made: Client = { line, text: '', closed: 0 };
  return made;
}

let servers: Server[] = [];

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  servers = [];
});

describe('a trunk to an instance', () => {
  let states: string[];
  let trunk: Trunk;
  let open: Map<string, ServerResponse>;
  let trunks: TrunkServer;
  let server: HttpServer;

  beforeEach(async () => {
    open = new Map();
    states = [];
    trunks = new TrunkServer(keys);
    server = createHttpServer(trunks.options, (req, res) => {
      res.flushHeaders();
      open.set(req.url ?? '', res);
    });
    trunks.attach(server);
    trunk = new Trunk(await listening(server), keys, (state) => states.push(state));
    await until(() => trunk.isOpen);
  });

  afterEach(async () => {
    server.closeAllConnections();
    await until(() => states.includes('closed'));
  });

  it('carries many requests, and tells how each ends', async () => {
    const clients = ['/1', '/2', '/3'].map((path) => client(trunk, path));
    await until(() => open.size === 3);
    expect(trunk.size).toBe(3);
    open.get('/2')?.end('the end');
    await until(() => clients[1]?.closed === 1);
    expect(clients[1]?.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*7\r\nthe end\r\n0\r\n\r\n$/);
    expect(clients.map(({ closed }) => closed)).toEqual([0, 1, 0]);
    expect(trunk.size).toBe(2);
  });

  it('gives nothing to a client that has left, nor to one that came after it', async () => {
    const left = client(trunk, '/left');
    await until(() => left.text !== '');
    const before = left.text;
    const over = once(open.get('/left') as ServerResponse, 'close');
    left.line.destroy();
    // On its way while the gateway closes the connection.
    open.get('/left')?.write('late');
    const next = client(trunk, '/next');
    await over;
    await until(() => next.text !== '');
    open.get('/next')?.write('for the next');
    await until(() => next.text.includes('for the next'));
    expect([left.text, next.text.includes('late')]).toEqual([before, false]);
  });

  it('lets the instance wait for a client that does not read', async () => {
    const slow = client(trunk, '/slow');
    await until(() => open.size === 1);
    slow.line.pause();
    slow.line.pause();
    const res = open.get('/slow') as ServerResponse;
    await until(() => {
      res.socket?.write(Buffer.from('x'));
      return res.writableLength > 0;
    });
    slow.line.resume();
    await until(() => res.writableLength === 0);
    expect(slow.closed).toBe(0);
  });

  it('ends all that it carries when it breaks, once each', async () => {
    const clients = ['/1', '/2'].map((path) => client(trunk, path));
    await until(() => open.size === 2);
    server.closeAllConnections();
    await until(() => states.includes('closed'));
    expect(clients.map(({ closed }) => closed)).toEqual([1, 1]);
    expect([trunk.isOpen, trunk.open(GET('/'), { read() {}, closed() {} })]).toEqual([
      false,
      undefined,
    ]);
  });

  it('takes no request once it is retired, and closes after the last that it carries', async () => {
    const last = client(trunk, '/last');
    await until(() => open.size === 1);
    trunk.retire();
    expect(trunk.isOpen).toBe(false);
    open.get('/last')?.write('still served');
    await until(() => last.text.includes('still served'));
    expect(states).toEqual(['open']);
    last.line.destroy();
    await until(() => states.includes('closed'));
  });

  it('takes no request once the instance shuts down', async () => {
    const carried = client(trunk, '/carried');
    await until(() => open.size === 1);
    trunks.retire();
    await until(() => !trunk.isOpen);
    open.get('/carried')?.end('goodbye');
    await until(() => carried.closed === 1);
    expect(carried.text).toContain('goodbye');
    await until(() => states.includes('closed'));
  });

  it('stays open while the instance answers its pings', async () => {
    for (let probe = 0; probe < 20; probe += 1) {
      const { bytesRead } = trunk.socket;
      trunk.check();
      await until(() => trunk.socket.bytesRead > bytesRead);
    }
    expect(states).toEqual(['open']);
  });

  it('forgets a request whose response is complete when the instance has closed it', async () => {
    const done = client(trunk, '/done');
    await until(() => open.size === 1);
    const { bytesWritten } = trunk.socket;
    done.line.finish();
    open.get('/done')?.end('after the end');
    await until(() => trunk.size === 0);
    expect([done.closed, done.text.includes('after'), trunk.socket.bytesWritten]).toEqual([
      0,
      false,
      bytesWritten,
    ]);
  });

  it('leaves a head that is too long to a connection of its own', () => {
    const long = GET(`/${'a'.repeat(MOST_OPEN)}`);
    expect(trunk.open(long, { read() {}, closed() {} })).toBeUndefined();
  });

  it('serves others while much arrives, and loses nothing of it', async () => {
    const count = 600;
    const clients = Array.from({ length: count }, (_, index) => client(trunk, `/${index}`));
    await until(() => clients.every(({ text }) => text !== ''));
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const heads = clients.map(({ text }) => text.length);
    const rounds = 200;
    for (let round = 0; round < rounds; round += 1) {
      const shared = Buffer.from(`[${round}]`);
      for (const res of open.values()) res.socket?.write(shared);
    }
    const expected = Array.from({ length: rounds }, (_, round) => `[${round}]`).join('');
    await until(() => clients.every(({ text }) => text.endsWith(`[${rounds - 1}]`)));
    isOver = true;
    for (const [index, { text }] of clients.entries()) {
      expect(text.slice(heads[index])).toBe(expected);
    }
    expect(turns).toBeGreaterThan(5);
  });
});

describe('a trunk to something else', () => {
  /** A server that sends these bytes to whoever connects. */
  async function saying(
    ...parts: (string | Buffer)[]
  ): Promise<{ url: string; gone: Promise<void> }> {
    let tell = () => {};
    const gone = new Promise<void>((resolve) => (tell = resolve));
    const server = createServer((socket: Socket) => {
      socket.on('error', () => socket.destroy()).once('close', tell);
      socket.resume();
      for (const part of parts) socket.write(part);
    });
    return { url: await listening(server), gone };
  }

  async function statesWith(...parts: (string | Buffer)[]): Promise<string[]> {
    const states: string[] = [];
    const { url, gone } = await saying(...parts);
    const trunk = new Trunk(url, keys, (state) => states.push(state));
    await gone;
    await until(() => states.some((state) => state !== 'open'));
    expect(trunk.isOpen).toBe(false);
    return states;
  }

  it.each([
    ['an answer', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ['an error', 'HTTP/1.1 502 Bad Gateway\r\n\r\n<html>'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a head without an end', 'a'.repeat(20_000)],
  ])('is refused by %s', async (_, text) => {
    expect(await statesWith(text)).toEqual(['refused']);
  });

  it.each<[string, Buffer]>([
    ['a kind that is none', frameOf(0, 1)],
    ['a frame that only a gateway sends', frameOf(Kind.open, 1, GET('/'))],
    ['a frame without an end', Buffer.from([0xff, 0xff, 0xff, 0xff, Kind.data, 0, 0, 0, 1])],
    ['fewer numbers than it says', frameOf(Kind.data, 1000)],
    ['more bytes than a frame has', dataHead([1], MOST_DATA * 2)],
    ['HTTP', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ])('closes at %s', async (_, bytes) => {
    expect(await statesWith(SWITCHED, bytes)).toEqual(['open', 'closed']);
  });

  it('reads frames that came with the head', async () => {
    const end = Buffer.concat([Buffer.from(SWITCHED), frameOf(Kind.end, 7), frameOf(0, 1)]);
    expect(await statesWith(end)).toEqual(['open', 'closed']);
  });

  it('closes when no ping comes back, and ends what it carries', async () => {
    const { url } = await saying(SWITCHED);
    const states: string[] = [];
    const trunk = new Trunk(url, keys, (state) => states.push(state));
    await until(() => trunk.isOpen);
    const waiting = client(trunk, '/waiting');
    for (let probe = 0; probe < 5; probe += 1) trunk.check();
    await new Promise(setImmediate);
    expect(states).toEqual(['open']);
    trunk.check();
    await until(() => waiting.closed === 1);
    expect([states, waiting.error?.message]).toEqual([['open', 'closed'], 'The trunk is silent.']);
  });

  it('is closed where nobody listens', async () => {
    const { url } = await saying();
    const [server] = servers.splice(0) as [Server];
    server.close();
    await once(server, 'close');
    const states: string[] = [];
    void new Trunk(url, keys, (state) => states.push(state));
    await until(() => states.length > 0);
    expect(states).toEqual(['closed']);
  });
});
