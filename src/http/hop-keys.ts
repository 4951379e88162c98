import { timingSafeEqual } from 'node:crypto';
import { Hmac } from '../kernel/hmac.js';

/** Carries the signature from the gateway to a service. */
export const HOP_HEADER = 'x-vx11-hop';

/** Tells the gateway that the service has used nothing of the request, its token included. */
export const UNUSED_HEADER = 'x-vx11-unused';

/** Clocks of the gateway and of the services may differ by this much, seconds. */
const FRESH_SEC = 300;

/** What the gateway vouches for. A field that is absent is sent as empty. */
export interface HopClaims {
  readonly method: string;
  /** As the service sees it. */
  readonly target: string;
  readonly address: string;
  readonly protocol: string;
  readonly host: string;
  readonly principal: string;
}

/**
 * Keys that the gateway and one kind of service share. The gateway signs its claims
 * about a request with the first key. The service accepts a signature by any of the
 * keys, so keys rotate without downtime (docs/adr/0010-the-gateway-signs-its-requests.md).
 */
export class HopKeys {
  private readonly keys: readonly Hmac[];

  /** @param secrets at least one, of 32 characters or more */
  constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => new Hmac(secret));
  }

  /** @param now epoch milliseconds */
  sign(claims: HopClaims, now: number): string {
    const seconds = String(Math.floor(now / 1000));
    return `${seconds}.${macOf(this.keys[0] as Hmac, seconds, claims).toString('base64url')}`;
  }

  /** Headers of a GET that the gateway sends for itself, not for a client. */
  signOwn(url: string, now: number): Record<string, string> {
    const { pathname, search } = new URL(url);
    return { [HOP_HEADER]: this.sign(ownClaims(pathname + search), now) };
  }

  /** Whether the gateway signed a GET of this target for itself. */
  verifyOwn(signature: string, target: string, now: number): boolean {
    return this.verify(signature, ownClaims(target), now);
  }

  /** Whether one of the keys made this signature of these claims, within five minutes. */
  verify(signature: string, claims: HopClaims, now: number): boolean {
    const [seconds = '', mac = '', ...rest] = signature.split('.');
    if (rest.length > 0 || !/^\d{1,12}$/.test(seconds)) return false;
    if (Math.abs(now / 1000 - Number(seconds)) > FRESH_SEC) return false;
    const given = Buffer.from(mac, 'base64url');
    return this.keys.some((key) => {
      const expected = macOf(key, seconds, claims);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

function ownClaims(target: string): HopClaims {
  return { method: 'GET', target, address: '', protocol: '', host: '', principal: '' };
}

/** No claim can hold a line feed: each comes from a parsed request line or header. */
function macOf(key: Hmac, seconds: string, claims: HopClaims): Buffer {
  const { method, target, address, protocol, host, principal } = claims;
  return key.bytes([seconds, method, target, address, protocol, host, principal].join('\n'));
}
