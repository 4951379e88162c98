import { BlockList, isIP, SocketAddress } from 'node:net';
import { remembered } from '../kernel/remembered.js';

const RANGES: Record<string, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};
const MAPPED = '::ffff:';

/**
 * Normalizes an address to one spelling: without port, brackets and zone, IPv6 as in
 * RFC 5952, IPv4 mapped into IPv6 as IPv4. Returns `undefined` for any other text.
 * Proxies write all of these into X-Forwarded-For: `198.51.100.9:40001`,
 * `[2001:db8::1]:443`, `::ffff:198.51.100.9`, `2001:DB8:0:0::1`.
 */
export const normalizeAddress = remembered(normalized);

function normalized(text: string): string | undefined {
  const bare = withoutPort(text.trim()).split('%', 1).join('');
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6: {
      const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
      const mapped = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : '';
      return isIP(mapped) === 4 ? mapped : address;
    }
    default:
      return undefined;
  }
}

function withoutPort(text: string): string {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end > 0 && /^(?::\d{1,5})?$/.test(text.slice(end + 1)) ? text.slice(1, end) : text;
  }
  const colon = text.indexOf(':');
  // More than one colon: an IPv6 address, which has no port without brackets.
  const hasPort =
    colon > 0 && colon === text.lastIndexOf(':') && /^\d{1,5}$/.test(text.slice(colon + 1));
  return hasPort ? text.slice(0, colon) : text;
}

/** Proxies by address, CIDR range, or the names loopback, linklocal and uniquelocal. */
export class TrustedProxies {
  private readonly list = new BlockList();
  private readonly isEmpty: boolean;

  /** @throws Error for an entry that is none of these */
  constructor(entries: readonly string[]) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries.flatMap((name) => RANGES[name] ?? [name])) this.add(entry);
  }

  /** @param address as `normalizeAddress` writes it */
  has(address: string): boolean {
    return !this.isEmpty && this.list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  private add(entry: string): void {
    const [text = '', bits, ...rest] = entry.split('/');
    const address = normalizeAddress(text);
    const family = address?.includes(':') ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : Number(bits);
    if (
      address === undefined ||
      rest.length > 0 ||
      !/^\d{1,3}$/.test(bits ?? '0') ||
      prefix > most
    ) {
      throw new Error(
        `"${entry}" is neither an address, a CIDR range, loopback, linklocal nor uniquelocal`,
      );
    }
    this.list.addSubnet(address, prefix, family);
  }
}
