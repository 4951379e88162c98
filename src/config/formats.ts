import { isIP, SocketAddress } from 'node:net';

/** Checks one value of a setting. Returns what is wrong with it, as the end of a sentence. */
export type Format = (text: string) => string | undefined;

/** `http://host:port/path`, without a query. */
export const webAddress: Format = (text) =>
  /^https?:\/\/[^\s?#]+$/.test(text) && URL.canParse(text)
    ? undefined
    : 'must begin with http:// or https://, name a host, and have no query';

/** `host:port`; an IPv6 address stands in brackets. */
export const hostPort: Format = (text) => {
  const found = /^(?:[^\s:/@[\]]+|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text);
  const [, ipv6, port] = found ?? [];
  const isValid =
    found !== null &&
    (ipv6 === undefined || isIP(ipv6) === 6) &&
    Number(port) > 0 &&
    Number(port) < 65_536;
  return isValid ? undefined : 'must be a comma list of host:port, with a port up to 65535';
};

/** First segments of the gateway's own paths: below one of them, both would look alike. */
const ROUTED = new Set(['operator', 'madre', 'switch', 'hermes', 'docs', 'metrics', 'health']);

/** `/path` or `/longer/path`, as a proxy in front of the gateway serves it. */
export const publicPath: Format = (text) => {
  const path = canonicalPath(text);
  const segments = path.split('/').slice(1);
  if (ROUTED.has(segments[0] ?? '')) {
    return `must not begin with /${segments[0]}, which is a path of the gateway itself`;
  }
  return (path === '' || /^(?:\/[A-Za-z0-9._~-]{1,64}){1,8}$/.test(path)) &&
    segments.every((segment) => !/^\.+$/.test(segment))
    ? undefined
    : 'must begin with a slash and consist of letters, digits and - . _ ~, as /vx11 or /tools/vx11';
};

/** The same path without a slash at its end; empty for the root. */
export function canonicalPath(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/** An address that a process can listen at, or the name of one. */
export const listenAddress: Format = (text) =>
  isIP(text) > 0 ||
  (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text) && !isDotted(text))
    ? undefined
    : 'must be an IP address or a host name, as 127.0.0.1, 0.0.0.0 or localhost';

/** Four numbers that are not an address: `256.0.0.1` would be looked up as a name. */
function isDotted(text: string): boolean {
  return /^[\d.]+$/.test(text);
}

const RANGE_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** What `TrustedProxies` takes. Host names are not allowed. */
export const proxyRange: Format = (text) => {
  if (RANGE_NAMES.has(text)) return undefined;
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  const isRange =
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128) && !isMapped(address));
  return family > 0 && rest.length === 0 && isRange
    ? undefined
    : 'must be a comma list of IP addresses, CIDR ranges (10.0.0.0/8), loopback, linklocal or uniquelocal; a host name is not possible';
};

/** IPv4 in IPv6: the bits of a range could be meant of either. */
function isMapped(address: string): boolean {
  if (isIP(address) !== 6) return false;
  const { address: normal } = new SocketAddress({ address, family: 'ipv6' });
  return /^::ffff:[\d.]+$/.test(normal);
}

/** An origin as browsers send it (RFC 6454): scheme, host and port. */
export const webOrigin: Format = (text) => {
  if (text === '*') return 'must name each origin; * would open the API to every page';
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  return url !== null && /^https?:\/\/[^/?#@\s]+\/?$/i.test(text)
    ? undefined
    : 'must be a comma list of origins with their scheme and without a path, as https://app.example';
};

/** The spelling that browsers send: lower case, no slash at the end, no default port. */
export function canonicalOrigin(text: string): string {
  return URL.parse(text)?.origin ?? text;
}

/** `redis[s]://[user:password@]host[:port][/database]`. */
export const redisUrl: Format = (text) => {
  if (!/^rediss?:\/\//.test(text)) return 'must begin with redis:// or rediss://';
  const url = URL.parse(text);
  if (url === null || url.hostname === '' || !/^(?:\/\d{0,5})?$/.test(url.pathname)) {
    return 'must look like redis://user:password@host:6379/0; in the password write @ as %40, / as %2F, # as %23 and % as %25';
  }
  if (url.search !== '' || url.hash !== '') {
    return 'must have no query and no fragment; in the password write ? as %3F and # as %23';
  }
  const isEncoded = [url.username, url.password].every((part) => canDecode(part));
  return isEncoded
    ? undefined
    : 'has a % in its user or password that begins no %XX; write it as %25';
};

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
