import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { limitConnections } from './connection-limits.js';
import type { GatewayMetrics } from './gateway-metrics.js';

class FakeSocket extends EventEmitter {
  answer = '';

  constructor(readonly remoteAddress: string) {
    super();
  }

  end(answer: string): void {
    this.answer = answer;
  }
}

describe('the limit of connections of one address', () => {
  const server = new EventEmitter();
  const metrics = { connectionRefused: () => undefined } as unknown as GatewayMetrics;
  limitConnections(
    server as Server,
    { total: 100, perAddress: 2, isTrusted: (address) => address === '192.0.2.9' },
    metrics,
  );

  function connect(address: string): FakeSocket {
    const socket = new FakeSocket(address);
    server.emit('connection', socket);
    return socket;
  }

  it.each([
    ['IPv4', ['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1']],
    ['IPv6, where a client has a whole /64', ['2001:db8::1', '2001:db8::2', '2001:db8::ff:3']],
  ])('holds for %s', (_, addresses) => {
    const sockets = addresses.map(connect);
    expect(sockets.map(({ answer }) => answer.slice(0, 12))).toEqual(['', '', 'HTTP/1.1 429']);
    sockets.forEach((socket) => socket.emit('close'));
    expect(connect(addresses[0] as string).answer).toBe('');
  });

  it('does not hold for a trusted proxy', () => {
    const sockets = Array.from({ length: 5 }, () => connect('192.0.2.9'));
    expect(sockets.map(({ answer }) => answer)).toEqual(['', '', '', '', '']);
  });
});
