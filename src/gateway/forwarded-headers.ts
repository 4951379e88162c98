import type { IncomingHttpHeaders } from 'node:http';
import { connectionOptions, isEndToEnd } from '../http/message-rules.js';

/** Fields of one connection, not of the message (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Answered by our own server, or claims that only we can make. */
const OURS = ['expect', 'forwarded', 'x-real-ip', 'x-vx11-principal'];

/** What the gateway knows for certain of the request. */
export interface Hop {
  /** Address of the client, behind the proxies that the gateway trusts. */
  readonly address: string;
  readonly protocol: string;
  readonly host: string | undefined;
  readonly correlationId: string;
}

/** Whether the credential goes on to the service, or only the name of its holder does. */
export type Credential = { readonly keep: true } | { readonly principalId: string | undefined };

/**
 * The headers that go on to a service: no hop-by-hop field, no forged origin;
 * X-Forwarded-* made afresh, of one hop.
 */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  hop: Hop,
  credential: Credential,
): IncomingHttpHeaders {
  const dropped = new Set([...HOP_BY_HOP, ...OURS, ...declaredHopByHop(headers)]);
  if (!('keep' in credential)) {
    // The guard looks at X-VX11-Token first; beside it Authorization is the service's own.
    dropped.add('x-vx11-token');
    if (headers['x-vx11-token'] === undefined) dropped.add('authorization');
  }
  const kept: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!dropped.has(name) && !name.startsWith('x-forwarded-')) kept[name] = value;
  }
  kept['x-forwarded-for'] = hop.address;
  kept['x-forwarded-proto'] = hop.protocol;
  if (hop.host !== undefined) kept['x-forwarded-host'] = hop.host;
  kept['x-correlation-id'] = hop.correlationId;
  if ('principalId' in credential && credential.principalId !== undefined) {
    kept['x-vx11-principal'] = credential.principalId;
  }
  return kept;
}

/** Takes the hop-by-hop fields out of a service's answer, in place. */
export function stripHopByHop(headers: IncomingHttpHeaders): void {
  for (const name of [...HOP_BY_HOP, ...declaredHopByHop(headers)]) delete headers[name];
}

/** Fields that the sender declares hop-by-hop; never those that frame, route or identify. */
function declaredHopByHop(headers: IncomingHttpHeaders): string[] {
  return connectionOptions(headers.connection).filter((name) => !isEndToEnd(name));
}
