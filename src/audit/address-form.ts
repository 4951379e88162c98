import { networkOf } from '../kernel/network.js';
import type { AuditKey } from './audit-key.js';

export const ADDRESS_FORMS = ['full', 'truncated', 'hash'] as const;
export type AddressForm = (typeof ADDRESS_FORMS)[number];

/**
 * The address as the trail stores it.
 * - `full`: as it is.
 * - `truncated`: the network only, IPv4 /24 and IPv6 /48.
 * - `hash`: HMAC with the key of the trail.
 * @param address as `normalizeAddress` writes it
 */
export function storedAddress(address: string, form: AddressForm, key: AuditKey): string {
  switch (form) {
    case 'full':
      return address;
    case 'truncated':
      return networkOf(address, 48);
    case 'hash':
      return key.hashAddress(address);
    default:
      return form satisfies never;
  }
}
