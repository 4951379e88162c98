import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { until } from '../../test/support/until.js';
import { HopKeys } from '../http/hop-keys.js';
import type { Probed } from '../http/probe.js';
import { TrunkServer } from '../http/trunk/trunk-server.js';
import { createLogger } from '../kernel/logger.js';
import { Trunks } from './trunks.js';
import { Upstream } from './upstream-pool.js';

const UP: Probed = { up: true, ms: 1, takesTrunks: true };
const OLD: Probed = { up: true, ms: 1, takesTrunks: false };
const LATE: Probed = { up: false, ms: 1000, why: 'timeout' };
const REFUSED: Probed = { up: false, ms: 1, why: 'refused' };
const DRAINING: Probed = { up: false, ms: 1, why: 'status', code: 'draining' };

const keys = new HopKeys(['a-key-of-at-least-thirty-two-characters']);

describe('the trunks of a gateway', () => {
  let server: Server;
  let served: TrunkServer;
  let asked: number;
  let takes: boolean;
  let upstream: Upstream;
  let trunks: Trunks;
  let lines: string[];
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    asked = 0;
    takes = true;
    served = new TrunkServer(keys);
    const shouldUpgradeCallback: TrunkServer['options']['shouldUpgradeCallback'] = (req) => {
      asked += 1;
      return takes && (served.options.shouldUpgradeCallback?.(req) ?? false);
    };
    server = createServer({ shouldUpgradeCallback }, (req, res) => {
      if (req.url === '/trunk') res.writeHead(404).end();
      else res.flushHeaders();
    });
    server.on('connection', (socket: Socket) => sockets.add(socket));
    served.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    upstream = new Upstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    trunks = made(keys);
  });

  afterEach(async () => {
    trunks.stop();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  function made(withKeys: HopKeys | undefined): Trunks {
    const own: string[] = [];
    lines = own;
    const logger = createLogger({
      service: 'test',
      level: 'debug',
      pretty: false,
      destination: { write: (line) => void own.push(line) },
    });
    return new Trunks(withKeys, logger);
  }

  /** As the probes do. */
  function probed(result: Probed): void {
    upstream.probed(result, false);
    trunks.probed(upstream, result);
  }

  const isOpen = () => trunks.to(upstream) !== undefined;
  const opened = async () => {
    probed(UP);
    await until(isOpen);
    return trunks.to(upstream)!;
  };
  const carry = (over: ReturnType<Trunks['to']>) =>
    over?.open('GET /stream HTTP/1.1\r\nhost: a\r\n\r\n', { read() {}, closed() {} });

  it('are one for each instance that says it takes them', async () => {
    expect(isOpen()).toBe(false);
    const first = await opened();
    probed(UP);
    expect([trunks.to(upstream), asked]).toEqual([first, 1]);
  });

  it('are looked at with each good probe, retired ones as well', async () => {
    const old = await opened();
    const line = carry(old);
    trunks.retire(upstream);
    const { bytesWritten } = old.socket;
    probed(UP);
    expect(old.socket.bytesWritten).toBeGreaterThan(bytesWritten);
    expect([...trunks.sockets()]).toContain(old.socket);
    line?.destroy();
    await until(() => ![...trunks.sockets()].includes(old.socket));
  });

  it('are none where the instance does not say so, or there is no key', () => {
    probed(OLD);
    trunks = made(undefined);
    probed(UP);
    expect([isOpen(), asked]).toEqual([false, 0]);
  });

  it.each([
    ['is down', REFUSED],
    ['shuts down', DRAINING],
    ['says nothing', LATE],
  ])(
    'take no request when the instance %s, keep their streams, and are new after that',
    async (_, result) => {
      const old = await opened();
      carry(old);
      probed(result);
      expect([isOpen(), old.isOpen, old.size]).toEqual([false, false, 1]);
      expect(await opened()).not.toBe(old);
      expect(old.size).toBe(1);
    },
  );

  it('go on while the instance is only late', async () => {
    const busy = await opened();
    upstream.probed(LATE, false);
    upstream.heard();
    trunks.probed(upstream, LATE);
    expect(trunks.to(upstream)).toBe(busy);
  });

  it('are not tried again at once with an instance that refuses, which the log explains', async () => {
    takes = false;
    probed(UP);
    await until(() => lines.length > 0);
    takes = true;
    probed(UP);
    expect(asked).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      upstream: upstream.url,
      message: expect.stringMatching(/VX11_HOP_KEYS.*VX11_GATEWAY_TRUNKS=0/) as string,
    });
  });

  it('are made again when one has broken, of which the log says why', async () => {
    const first = await opened();
    first.socket.destroy(new Error('as a network does'));
    await until(() => !first.isOpen);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      state: 'closed',
      reason: 'as a network does',
    });
    expect(await opened()).not.toBe(first);
  });

  it('close when the gateway stops, those in use after their last stream', async () => {
    const used = await opened();
    const line = carry(used);
    trunks.stop();
    expect([isOpen(), used.size]).toEqual([false, 1]);
    line?.destroy();
    await until(() => lines.some((text) => text.includes('"state":"closed"')));
  });
});
