import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A Redis Cluster's own bus has the port 10,000 above a node's. */
const HIGHEST = 55_000;

/** So many free TCP ports of 127.0.0.1, all different, each at most 55,000. */
export async function freePorts(count: number): Promise<number[]> {
  const held = [];
  const ports: number[] = [];
  // Held until all are found, so that they differ.
  while (ports.length < count) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    held.push(server);
    const { port } = server.address() as AddressInfo;
    if (port <= HIGHEST) ports.push(port);
  }
  await Promise.all(held.map((server) => once(server.close(), 'close')));
  return ports;
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}
