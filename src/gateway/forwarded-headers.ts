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

/** Headers that the gateway's server has already handled, or that only the gateway may set. */
const OURS = ['expect', 'forwarded', 'x-real-ip'];
const OUR_PREFIXES = ['x-forwarded-', 'x-vx11-'];
const TOKEN = 'x-vx11-token';

/** The origin of the request, as the gateway has verified it. */
export interface Hop {
  /** Address of the client, behind the proxies that the gateway trusts. */
  readonly address: string;
  readonly protocol: string;
  readonly host: string | undefined;
  readonly correlationId: string;
}

/** Whether the gateway forwards the credential, or only the principal's id. */
export type Credential = { readonly keep: true } | { readonly principalId: string | undefined };

/**
 * The headers that the gateway forwards to a service: no hop-by-hop field, no forged
 * origin, and X-Forwarded-* with one hop, written by the gateway. Unless the credential
 * is kept, drops every header that authenticated the request or that could be read as a
 * credential of the product.
 */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  hop: Hop,
  credential: Credential,
): IncomingHttpHeaders {
  const keep = 'keep' in credential;
  const dropped = new Set([...HOP_BY_HOP, ...OURS, ...declaredHopByHop(headers)]);
  const secret = keep ? undefined : credentialOf(headers);
  const kept: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    // CGI and WSGI read `X_VX11_Principal` as `X-VX11-Principal`.
    const dashed = name.replaceAll('_', '-');
    if (dropped.has(dashed)) continue;
    if (OUR_PREFIXES.some((prefix) => dashed.startsWith(prefix)) && !(keep && name === TOKEN))
      continue;
    if (!keep && isCredential(dashed, value, secret)) continue;
    kept[name] = value;
  }
  if (!keep && kept.cookie !== undefined) keepForeignCookies(kept, kept.cookie);
  kept['x-forwarded-for'] = hop.address;
  kept['x-forwarded-proto'] = hop.protocol;
  if (hop.host !== undefined) kept['x-forwarded-host'] = hop.host;
  kept['x-correlation-id'] = hop.correlationId;
  if (!keep && credential.principalId !== undefined) {
    kept['x-vx11-principal'] = credential.principalId;
  }
  return kept;
}

/** The token with which the guard admitted the request. */
export function credentialOf(headers: IncomingHttpHeaders): string | undefined {
  const token = String(headers[TOKEN] ?? '').trim();
  return token === '' ? BEARER.exec(headers.authorization ?? '')?.[1] : token;
}

const BEARER = /^bearer +(\S+)/i;

/** A Bearer token may be the product's; any other Authorization is the service's own. */
function isCredential(
  name: string,
  value: string | string[] | undefined,
  secret: string | undefined,
): boolean {
  const text = String(value);
  if (name === 'authorization' && !/^(?:basic|digest) /i.test(text)) return true;
  return secret !== undefined && text.includes(secret);
}

/** Removes the product's own cookies. */
function keepForeignCookies(headers: IncomingHttpHeaders, cookie: string): void {
  const foreign = cookie
    .split(';')
    .filter((pair) => !(pair.split('=', 1)[0] ?? '').toLowerCase().includes('vx11'));
  if (foreign.length === 0) delete headers.cookie;
  else headers.cookie = foreign.join(';').trim();
}

/** Removes the product's cookies from Set-Cookie, in place: only operator-backend may set them. */
export function dropSetStreamCookies(headers: IncomingHttpHeaders): void {
  const foreign = headers['set-cookie']?.filter(
    (field) => !(field.split('=', 1)[0] ?? '').toLowerCase().includes('vx11'),
  );
  if (foreign === undefined) return;
  if (foreign.length > 0) headers['set-cookie'] = foreign;
  else delete headers['set-cookie'];
}

/** Removes the hop-by-hop fields from a service's response, in place. */
export function stripHopByHop(headers: IncomingHttpHeaders): void {
  for (const name of [...HOP_BY_HOP, ...declaredHopByHop(headers)]) delete headers[name];
}

/** Fields that the sender declares hop-by-hop; never those that frame, route or identify. */
function declaredHopByHop(headers: IncomingHttpHeaders): string[] {
  return connectionOptions(headers.connection).filter((name) => !isEndToEnd(name));
}
