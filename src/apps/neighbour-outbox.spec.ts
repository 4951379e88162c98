import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '../kernel/logger.js';
import { Outbox, type OutgoingEvent } from './neighbour-outbox.js';

const event = (id: number): OutgoingEvent => ({
  specversion: '1.0',
  id: String(id),
  source: '/test',
  type: 'test.event',
  time: '2026-01-01T00:00:00.000Z',
  severity: 'info',
  module: 'test',
  datacontenttype: 'application/json',
  data: {},
});

describe('the outbox', () => {
  let server: Server;
  let port: number;
  let status: number;
  let batches: string[][];
  let lines: string[];
  let outbox: Outbox;

  beforeEach(async () => {
    status = 202;
    batches = [];
    lines = [];
    server = createServer((req, res) => {
      let body = '';
      req.setEncoding('utf8').on('data', (text: string) => (body += text));
      req.once('end', () => {
        batches.push((JSON.parse(body) as OutgoingEvent[]).map(({ id }) => id));
        res.writeHead(status).end('{}', () => server.emit('answered'));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    outbox = new Outbox({
      urls: [`http://127.0.0.1:${port}`],
      token: 'a-publishing-token',
      logger: createLogger({
        service: 'test',
        level: 'debug',
        pretty: false,
        destination: { write: (line) => void lines.push(line) },
      }),
      capacity: 5,
      warnAt: 3,
    });
  });

  afterEach(async () => {
    await outbox.close(0);
    server.close().closeAllConnections();
  });

  it('publishes in order, and is empty afterwards', async () => {
    for (let id = 1; id <= 5; id += 1) outbox.add(event(id));
    await outbox.close(10_000);
    expect(batches.flat()).toEqual(['1', '2', '3', '4', '5']);
    expect(outbox.size).toBe(0);
  });

  it('retries the same events, then sends those that were added meanwhile', async () => {
    status = 503;
    outbox.add(event(1));
    await once(server, 'answered');
    outbox.add(event(2));
    status = 202;
    await outbox.close(10_000);
    expect(batches).toEqual([['1'], ['1', '2']]);
    expect(lines).toEqual([]);
  });

  it('logs repeated failures once, and the recovery once', async () => {
    status = 503;
    outbox.add(event(1));
    for (let attempts = 0; attempts < 4; attempts += 1) await once(server, 'answered');
    status = 202;
    await outbox.close(10_000);
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([
      'publishing fails repeatedly; the events wait',
      'publishing works again',
    ]);
  });

  it('keeps the newest events when no backend accepts them', async () => {
    status = 503;
    outbox.add(event(1));
    await once(server, 'answered');
    for (let id = 2; id <= 9; id += 1) outbox.add(event(id));
    expect(outbox.size).toBe(5);
    status = 202;
    await outbox.close(10_000);
    expect(batches.at(-1)).toEqual(['5', '6', '7', '8', '9']);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ lost: 4 });
  });

  it('logs why a connection failed, without a stack', async () => {
    server.close().closeAllConnections();
    const logged = Promise.withResolvers<string>();
    const alone = new Outbox({
      urls: [`http://127.0.0.1:${port}`],
      token: 'a-publishing-token',
      logger: createLogger({
        service: 'test',
        level: 'debug',
        pretty: false,
        destination: { write: (line) => logged.resolve(line) },
      }),
      warnAt: 1,
    });
    alone.add(event(1));
    const line = JSON.parse(await logged.promise);
    expect(line).toMatchObject({
      message: 'publishing fails repeatedly; the events wait',
      reason: 'ECONNREFUSED',
    });
    expect(line).not.toHaveProperty('err');
    await alone.close(0);
  });

  it('drops events that the backend refuses as invalid', async () => {
    status = 400;
    outbox.add(event(1));
    await once(server, 'answered');
    status = 202;
    outbox.add(event(2));
    await outbox.close(10_000);
    expect(batches.flat()).toEqual(['1', '2']);
  });

  it('does not delay the end of its process', async () => {
    status = 503;
    outbox.add(event(1));
    await once(server, 'answered');
    await outbox.close(0);
    expect(outbox.size).toBe(1);
  });
});
