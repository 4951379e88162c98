import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clientOf } from '../kernel/network.js';
import { normalizeAddress } from '../http/address.js';
import { rawProblem } from '../http/problem.filter.js';
import { correlationId } from '../kernel/ids.js';
import type { GatewayMetrics } from './gateway-metrics.js';

export interface ConnectionLimits {
  /** Most connections of this process; further ones are closed without a response. */
  readonly total: number;
  /** Most connections of one address, of IPv6 of its /64; 0: no limit. */
  readonly perAddress: number;
  /** Trusted proxies have no limit: each carries many clients. @param address as `normalizeAddress` writes it */
  readonly isTrusted: (address: string) => boolean;
}

/** Limits connections when they are accepted, before they send a request. */
export function limitConnections(
  server: Server,
  { total, perAddress, isTrusted }: ConnectionLimits,
  metrics: GatewayMetrics,
): void {
  let open = 0;
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
    if (open > total) {
      metrics.connectionRefused('process');
      socket.destroy();
      return;
    }
    if (perAddress === 0) return;
    const address = normalizeAddress(socket.remoteAddress ?? '') ?? '';
    if (isTrusted(address)) return;
    const client = clientOf(address);
    const count = (counts.get(client) ?? 0) + 1;
    counts.set(client, count);
    socket.once('close', () => {
      const left = (counts.get(client) ?? 1) - 1;
      if (left > 0) counts.set(client, left);
      else counts.delete(client);
    });
    if (count <= perAddress) return;
    metrics.connectionRefused('address');
    const answer = rawProblem(
      'too_many_connections',
      `One address may have ${perAddress} connections.`,
      correlationId(undefined),
      { 'Retry-After': '5' },
    );
    socket.end(answer, () => socket.destroy());
  });
}
