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

/** Answered by our own server, or claims that only the gateway can make. */
const OURS = ['expect', 'forwarded', 'x-real-ip'];
const OUR_PREFIXES = ['x-forwarded-', 'x-vx11-'];
const TOKEN = 'x-vx11-token';

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
 * X-Forwarded-* written by the gateway, of one hop. Without `keep` nothing that
 * authenticated the request, or could be read as a credential of the product, goes on.
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
    // CGI and WSGI take `X_VX11_Principal` for `X-VX11-Principal`.
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

/** The token in the headers by which the guard admitted the request. */
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

/** Takes the product's own cookies out. */
function keepForeignCookies(headers: IncomingHttpHeaders, cookie: string): void {
  const foreign = cookie
    .split(';')
    .filter((pair) => !(pair.split('=', 1)[0] ?? '').toLowerCase().includes('vx11'));
  if (foreign.length === 0) delete headers.cookie;
  else headers.cookie = foreign.join(';').trim();
}

/** A service other than operator-backend must not set the product's cookies; in place. */
export function dropSetStreamCookies(headers: IncomingHttpHeaders): void {
  const foreign = headers['set-cookie']?.filter(
    (field) => !(field.split('=', 1)[0] ?? '').toLowerCase().includes('vx11'),
  );
  if (foreign === undefined) return;
  if (foreign.length > 0) headers['set-cookie'] = foreign;
  else delete headers['set-cookie'];
}

/** Takes the hop-by-hop fields out of a service's answer, in place. */
export function stripHopByHop(headers: IncomingHttpHeaders): void {
  for (const name of [...HOP_BY_HOP, ...declaredHopByHop(headers)]) delete headers[name];
}

/** Fields that the sender declares hop-by-hop; never those that frame, route or identify. */
function declaredHopByHop(headers: IncomingHttpHeaders): string[] {
  return connectionOptions(headers.connection).filter((name) => !isEndToEnd(name));
}
