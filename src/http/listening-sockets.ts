import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net';

/**
 * Sockets that listen on one port. The kernel spreads new connections over them.
 *
 * A burst must fit into the accept queues, or clients wait 1, 3 and 7 seconds for their
 * next SYN. One queue holds `net.core.somaxconn` connections, 4,096 by default. And Node
 * accepts one connection for each socket and turn of the event loop, so that turns full
 * of other work would starve a single socket.
 * docs/adr/0023-sixteen-listening-sockets.md says more.
 */
const SOCKETS = 16;
/** Requested length of each accept queue; the kernel limits it to `net.core.somaxconn`. */
const BACKLOG = 16_384;

/** Listens on one port with several sockets, which all hand their connections to one HTTP server. */
export class ListeningSockets {
  private readonly others: TcpServer[] = [];

  constructor(private readonly server: Server) {}

  /**
   * Resolves to the port, which is the given one unless that is 0.
   * @param shared other processes listen on the port as well, and whoever started them has
   *   found it free (`requireFreePort`)
   * @throws EADDRINUSE and the other errors of `listen`
   */
  async listen(port: number, host: string, shared = false): Promise<number> {
    if (!shared) await requireFreePort(port, host);
    let bound: number;
    try {
      bound = await bind(this.server, { port, host, reusePort: true });
    } catch (error) {
      // Only Linux and some BSDs spread connections over sockets with one port.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error;
      return bind(this.server, { port, host });
    }
    const pass = (socket: unknown) => void this.server.emit('connection', socket);
    while (this.others.length < SOCKETS - 1) {
      const other = createServer({ allowHalfOpen: true, noDelay: true }, pass);
      await bind(other, { port: bound, host, reusePort: true });
      other.on('error', (error) => this.server.emit('error', error));
      this.others.push(other);
    }
    return bound;
  }

  /** Stops listening; resolves when no connection of the further sockets is left. */
  async close(): Promise<void> {
    await Promise.all(
      this.others.map(
        (other) =>
          new Promise<void>((resolve) => {
            other.close(() => resolve());
          }),
      ),
    );
  }
}

/**
 * With `reusePort` a second process could take the port as well, and would get a share of the connections.
 * @throws EADDRINUSE and the other errors of `listen`
 */
export async function requireFreePort(port: number, host: string): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await bind(probe, { port, host, exclusive: true });
  probe.close();
  await once(probe, 'close');
}

interface Binding {
  readonly port: number;
  readonly host: string;
  readonly reusePort?: boolean;
  readonly exclusive?: boolean;
}

/**
 * Listens; resolves to the port. Every address (`::`) is every IPv4 address where the kernel has
 * no IPv6 (`ipv6.disable=1`), as it is for Node when it is given no host.
 * @throws the errors of `listen`
 */
export async function bind(server: TcpServer, binding: Binding): Promise<number> {
  try {
    return await bindTo(server, binding);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (binding.host !== '::' || code !== 'EAFNOSUPPORT') throw error;
    return bindTo(server, { ...binding, host: '0.0.0.0' });
  }
}

async function bindTo(server: TcpServer, binding: Binding): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...binding, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
