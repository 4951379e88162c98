import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/**
 * Whether a Redis answers at `url`. Sends PING as an inline command (RESP, "Inline
 * commands"), which needs no client library and no password: an error reply also shows
 * that the server is up.
 * @throws when the server cannot be reached or does not answer within `timeoutMs`
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
