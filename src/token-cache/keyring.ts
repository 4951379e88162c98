import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Hmac } from '../kernel/hmac.js';

/** Purposes of a key. Each purpose has its own key, derived from the configured one. */
const PURPOSES = ['token', 'client', 'seal'] as const;
type Purpose = (typeof PURPOSES)[number];

/** One configured key. */
export class TokenKey {
  private readonly keys: Readonly<Record<Purpose, Hmac>>;

  constructor(secret: string | Buffer) {
    const configured = new Hmac(secret);
    const derived = (purpose: Purpose) => new Hmac(configured.bytes(`vx11 ${purpose}`));
    this.keys = { token: derived('token'), client: derived('client'), seal: derived('seal') };
  }

  /** HMAC-SHA256 of the text in hex. */
  hash(purpose: 'token' | 'client', text: string): string {
    return this.keys[purpose].hex(text);
  }

  /** HMAC-SHA256 over the text and the place where it is kept. */
  mac(context: string, text: string): Buffer {
    return this.keys.seal.bytes(`${context.length}:${context}${text}`);
  }
}

/** Characters of a MAC in base64url. */
const MAC_CHARS = 43;

/**
 * The keys for token hashes, client bindings and sealed grants. The first key creates new
 * ones, and every key recognises those it created. So keys can be rotated while tokens are
 * in use.
 */
export class Keyring {
  readonly keys: readonly TokenKey[];
  readonly current: TokenKey;

  /** @param secrets the current one first; at least one */
  constructor(secrets: readonly [string | Buffer, ...(string | Buffer)[]]) {
    this.current = new TokenKey(secrets[0]);
    this.keys = [this.current, ...secrets.slice(1).map((secret) => new TokenKey(secret))];
  }

  /** A random key, for state that ends with this process. */
  static random(): Keyring {
    return new Keyring([randomBytes(32)]);
  }

  /** Puts a MAC before the text. It is valid only for this context, for example a key in the store. */
  seal(context: string, text: string): string {
    return this.current.mac(context, text).toString('base64url') + text;
  }

  /** Returns the sealed text; `undefined` when no key of the ring sealed it for this context. */
  open(context: string, sealed: string): { text: string; isCurrent: boolean } | undefined {
    // Compare the encoded MACs, so that only one spelling of a MAC is accepted.
    const mac = Buffer.from(sealed.slice(0, MAC_CHARS));
    const text = sealed.slice(MAC_CHARS);
    const index = this.keys.findIndex((key) => {
      const expected = Buffer.from(key.mac(context, text).toString('base64url'));
      return mac.length === expected.length && timingSafeEqual(mac, expected);
    });
    return index < 0 ? undefined : { text, isCurrent: index === 0 };
  }
}
