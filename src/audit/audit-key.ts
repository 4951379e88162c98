import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** DER header of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER header of an Ed25519 public key (RFC 8410, section 4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const HASH_CHARS = 22;

/**
 * The key of the audit trail: signs checkpoints (Ed25519, RFC 8032), and hashes addresses.
 * Both keys are derived from one secret, so instances with the same secret have the same.
 */
export class AuditKey {
  private readonly signing: KeyObject;
  private readonly addresses: Buffer;
  /** The public key, raw, base64url: what a verifier needs. */
  readonly publicKey: string;

  constructor(secret: string | Buffer) {
    const derived = (purpose: string) =>
      createHmac('sha256', secret).update(`vx11 audit ${purpose}`).digest();
    this.signing = createPrivateKey({
      key: Buffer.concat([PKCS8, derived('signature')]),
      format: 'der',
      type: 'pkcs8',
    });
    this.addresses = derived('address');
    this.publicKey = createPublicKey(this.signing)
      .export({ format: 'der', type: 'spki' })
      .subarray(SPKI.length)
      .toString('base64url');
  }

  /** Base64url. */
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.signing).toString('base64url');
  }

  /** The same address has the same hash; without the key nobody can try out all addresses. */
  hashAddress(address: string): string {
    const mac = createHmac('sha256', this.addresses).update(address).digest('base64url');
    return `hash:${mac.slice(0, HASH_CHARS)}`;
  }
}

/** @param publicKey raw, base64url */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI, Buffer.from(publicKey, 'base64url')]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    // The text is no public key, so it cannot have signed anything.
    return false;
  }
}
