import { isIPv4 } from 'node:net';

/**
 * The network of an address: of IPv4 the first 24 bits, of IPv6 the first `bits`, which
 * must be a multiple of 16.
 */
export function networkOf(address: string, bits: 48 | 64): string {
  if (isIPv4(address)) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  if (!address.includes(':')) return address;
  return `${groupsOf(address)
    .slice(0, bits / 16)
    .join(':')}::/${bits}`;
}

/**
 * The client that an address stands for: with IPv6 it has a whole /64 to choose addresses
 * from. Takes every form in which the audit trail keeps addresses.
 */
export function clientOf(address: string): string {
  const isIPv6 = address.includes('::') || address.split(':').length === 8;
  return isIPv6 ? networkOf(address.split('/', 1)[0] ?? '', 64) : address;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const first = groups(head);
  if (tail === undefined) return first;
  const last = groups(tail);
  return [
    ...first,
    ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'),
    ...last,
  ];
}
