import express from 'express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RawTrunk } from '../../test/support/raw-trunk.js';
import { until } from '../../test/support/until.js';
import { HopKeys } from './hop-keys.js';
import { HttpAdapter } from './http-adapter.js';
import { TrunkServer } from './trunk/trunk-server.js';

const KEY = 'a-key-of-at-least-thirty-two-characters';
const CONNECTIONS = 100;
/** Together more than the kernel takes for a connection. */
const EACH = 200_000;

describe('a server that stops while a trunk is full', () => {
  it('waits until the gateway has read what its responses ended with', async () => {
    const app = express();
    let ended = 0;
    app.get('/much', (_, res) => {
      res.end('x'.repeat(EACH));
      ended += 1;
    });
    const trunks = new TrunkServer(new HopKeys([KEY]));
    const times = { noticeMs: 0, graceMs: 0, runningMs: 60_000 };
    const adapter = new HttpAdapter(app, {}, times, trunks);
    adapter.initHttpServer();
    await adapter.listenOn(0, '127.0.0.1', false);
    const server = adapter.getHttpServer() as Server;
    const trunk = await RawTrunk.open(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      KEY,
    );
    trunk.socket.pause();
    for (let number = 1; number <= CONNECTIONS; number += 1) trunk.get(number, '/much');
    await until(() => ended === CONNECTIONS);
    adapter.retire();
    expect(adapter.closing.aborted).toBe(false);
    const closed = adapter.close();
    await once(adapter.closing, 'abort');
    // What closes idle connections has had its turns.
    const turns = setTimeout(() => trunk.socket.resume(), 200);
    await Promise.all([closed, once(trunk.socket, 'close')]);
    clearTimeout(turns);
    const bodies = [...trunk.got.values()].map((text) => text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(bodies.map(({ length }) => length)).toEqual(Array<number>(CONNECTIONS).fill(EACH));
  });
});
