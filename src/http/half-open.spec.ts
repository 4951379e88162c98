// @needs python3
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vanishingClient } from '../../test/support/deaf-peer.js';
import { until } from '../../test/support/until.js';
import { halfOpen } from './half-open.js';

describe('connections whose peer has vanished', () => {
  let home: string;
  beforeAll(() => (home = mkdtempSync(join(tmpdir(), 'vx11-half-open-'))));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Ends of a connection, as Node gives them. */
  const connection = (local: string, localPort: number, remote: string, remotePort: number) =>
    ({ localAddress: local, localPort, remoteAddress: remote, remotePort }) as Socket;

  async function found(rows: readonly string[], socket: Socket): Promise<boolean> {
    const table = join(home, 'table');
    const head =
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
    writeFileSync(table, [head, ...rows, ''].join('\n'));
    const sockets = await halfOpen([socket], 7, [table, join(home, 'absent')]);
    expect(sockets.length === 0 || sockets[0] === socket).toBe(true);
    return sockets.length > 0;
  }

  const mine = connection('127.0.0.1', 15_488, '127.0.0.1', 48_418);
  const row = (timer: string, resent: string, probes = 0) =>
    ` 107: 0100007F:3C80 0100007F:BD22 01 0000008E:00000000 ${timer}:00000458 ${resent}     0        ${probes} 42504556 3 00000000b8a6c1d2 6000 4 0 10 -1`;

  it.each([
    ['bytes sent again seven times', row('01', '00000007'), true],
    [
      'ten times, more in the table than four digits count',
      row('01', '0000000A').replace(' 107', '12107'),
      true,
    ],
    ['six times', row('01', '00000006'), false],
    ['nothing sent again', row('00', '00000000'), false],
    ['a window that stays closed, with answers', row('04', '00000000', 1), false],
    ['a window that stays closed, without', row('04', '00000000', 7), true],
    ['another connection of the same client', row('01', '00000009').replace('3C80', '3C81'), false],
    ['a line that is cut off', row('01', '00000009').slice(0, 60), false],
  ])('are found by %s: %#', async (_, line, isGone) => {
    expect(await found([line], mine)).toBe(isGone);
  });

  it.each([
    [
      'IPv6',
      'B80D0120000000000000000001000000:1F40 B80D0120000000000000000002000000:C351',
      connection('2001:db8::1', 8_000, '2001:db8::2', 50_001),
    ],
    [
      'IPv4 mapped into it',
      '0000000000000000FFFF00000100007F:1F40 0000000000000000FFFF00000A6433C6:C351',
      connection('::ffff:127.0.0.1', 8_000, '::ffff:198.51.100.10', 50_001),
    ],
  ])('are found with addresses of %s', async (_, ends, socket) => {
    const line = row('01', '00000008').replace(/0100007F:3C80 0100007F:BD22/, ends);
    expect(await found([line], socket)).toBe(true);
  });

  it('are none of sockets that are closed', async () => {
    expect(await found([row('01', '00000008')], connection('', 0, '', 0))).toBe(false);
  });

  it.each(['127.0.0.1', '::1'])('are found by the kernel, over %s, and no others', async (host) => {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => void sockets.push(socket)).listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const alive = connect(port, host);
    await once(alive, 'connect');
    alive.write('GET');
    await until(() => sockets.length === 1);
    server.once('connection', (socket) => void socket.write('hello'));
    const peer = await vanishingClient(
      `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      'GET',
    );
    expect(await halfOpen(sockets)).toEqual([]);
    const writing = setInterval(() => sockets.forEach((socket) => socket.write('.')), 50);
    let gone: Socket[] = [];
    await until(async () => (gone = await halfOpen(sockets, 2)).length > 0);
    expect(gone).toEqual([sockets[1]]);
    clearInterval(writing);
    await peer.close();
    for (const socket of [alive, ...sockets]) socket.destroy();
    server.close();
    await once(server, 'close');
  });
});
