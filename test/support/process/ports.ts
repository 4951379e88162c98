import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that the kernel takes for outgoing connections (32768 on Linux): while a
 * process is down, a client's connection must not take its port, nor connect to itself.
 * A Redis Cluster's own bus has the port 10,000 above a node's. `fetch` refuses 10,080 and many
 * ports below, as its standard says.
 */
const LOWEST = 10_081;
const COUNT = 12_000;
/** Processes that run side by side begin far from each other. */
const STRIDE = 331;

let next = process.pid * STRIDE;

/** So many free TCP ports of 127.0.0.1, all different, each below 22,000. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = LOWEST + (next % COUNT);
    next += 1;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  await once(server.close(), 'close');
  return true;
}
