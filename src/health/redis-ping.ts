import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/**
 * Whether a Redis answers at `url`. An inline command needs no client and no
 * password: a server that refuses us is up all the same (RESP, "Inline commands").
 * @throws when it cannot be reached, or not within `timeoutMs`
 */
export async function pingRedis(url: string, timeoutMs: number): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const socket =
    protocol === 'rediss:'
      ? connectSecurely({ ...address, servername: address.host })
      : connect(address);
  try {
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data', {
      signal: AbortSignal.timeout(timeoutMs),
    })) as [Buffer];
    return answer[0] === 0x2b || answer[0] === 0x2d; // '+' or '-'
  } finally {
    socket.destroy();
  }
}
