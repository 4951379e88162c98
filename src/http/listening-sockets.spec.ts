import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, Server as TcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { bind, ListeningSockets } from './listening-sockets.js';

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

/** A server of a kernel without IPv6. */
class WithoutIpv6 extends TcpServer {
  override listen(options: unknown, ...more: never[]): this {
    const { host } = options as { host: string };
    if (!host.includes(':')) return super.listen(options as never, ...more);
    const error = Object.assign(new Error('address family'), { code: 'EAFNOSUPPORT' });
    process.nextTick(() => this.emit('error', error));
    return this;
  }
}

describe('where the kernel has no IPv6', () => {
  it('every address is every IPv4 address', async () => {
    const all = new WithoutIpv6();
    await bind(all, { port: 0, host: '::' });
    expect(all.address()).toMatchObject({ address: '0.0.0.0' });
    all.close();
  });

  it('one IPv6 address is refused', async () => {
    await expect(bind(new WithoutIpv6(), { port: 0, host: '::1' })).rejects.toMatchObject({
      code: 'EAFNOSUPPORT',
    });
  });
});

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
