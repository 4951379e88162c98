import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ListeningSockets } from './listening-sockets.js';

const HOST = '127.0.0.1';

function server() {
  const http = createServer((_req, res) => void res.end('hello'));
  const listening = new ListeningSockets(http);
  const close = async () => {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await Promise.all([closed, listening.close()]);
  };
  return { http, listening, close };
}

describe('the listening sockets of a server', () => {
  it('serve every connection, whichever of them accepts it, and all close', async () => {
    const { listening, close } = server();
    const port = await listening.listen(0, HOST);
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(port, HOST);
        socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        return text(socket);
      }),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 OK[^]*hello/);
    await close();
    const [error] = await once(connect(port, HOST), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([
    ['with several sockets', (port: number) => server().listening.listen(port, HOST)],
    [
      'with one socket',
      async (port: number) => {
        const other: Server = createServer();
        other.listen(port, HOST);
        await once(other, 'listening');
      },
    ],
  ])('refuse a port on which another server listens %s', async (_, listen) => {
    const { listening, close } = server();
    const port = await listening.listen(0, HOST);
    await expect(listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await close();
  });
});
