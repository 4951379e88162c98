import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pingRedis } from './redis-ping.js';

describe('pinging Redis', () => {
  let server: Server;
  let url: string;
  const heard: string[] = [];

  async function serve(answer: (socket: Socket) => void): Promise<void> {
    server = createServer((socket) => {
      socket.setEncoding('utf8').once('data', (text: string) => {
        heard.push(text);
        answer(socket);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `redis://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/3`;
  }

  afterEach(() => void server.close());

  it('treats PONG as up, and sends no password', async () => {
    await serve((socket) => socket.end('+PONG\r\n'));
    await expect(pingRedis(url, 1_000)).resolves.toBe(true);
    expect(heard.pop()).toBe('PING\r\n');
  });

  it('treats an error reply as up', async () => {
    await serve((socket) => socket.end('-NOAUTH Authentication required.\r\n'));
    await expect(pingRedis(url, 1_000)).resolves.toBe(true);
  });

  it('does not treat another kind of server as Redis', async () => {
    await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(pingRedis(url, 1_000)).resolves.toBe(false);
  });

  it('rejects when the server does not answer or refuses the connection', async () => {
    await serve(() => undefined);
    await expect(pingRedis(url, 20)).rejects.toMatchObject({ name: 'AbortError' });
    server.close();
    await expect(pingRedis('redis://127.0.0.1:1', 1_000)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
