import { hash, randomBytes, randomUUID } from 'node:crypto';

/** A UUID v4 from the operating system's randomness (RFC 9562, section 5.4). */
export function newToken(): string {
  return randomUUID();
}

/**
 * An id that is not secret (of a stream or an audit entry): a prefix and 96 random bits.
 * It is not a UUID, so that redaction can treat every UUID in a URL as a token.
 */
export function newId(prefix: string): string {
  if (poolUsed + ID_BYTES > pool.length) {
    pool = randomBytes(POOL_BYTES);
    poolUsed = 0;
  }
  poolUsed += ID_BYTES;
  return `${prefix}_${pool.toString('base64url', poolUsed - ID_BYTES, poolUsed)}`;
}

const ID_BYTES = 12;
/** Fetches random bytes for many ids at once, because a call costs more than its bytes. */
const POOL_BYTES = 4096 * ID_BYTES;
let pool = Buffer.alloc(0);
let poolUsed = 0;

const SANE_CORRELATION_ID = /^[A-Za-z0-9._~:@/+=-]{1,128}$/;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Returns the caller's correlation id if it is safe in headers, logs and events, else a
 * new one.
 */
export function correlationId(given: string | string[] | undefined): string {
  return typeof given === 'string' && SANE_CORRELATION_ID.test(given) ? given : newId('c');
}

/** Accepts only the spelling of `newToken`, in lower case, so that one token has one hash. */
export function isToken(text: string): boolean {
  return UUID_V4.test(text);
}

/** SHA-256 in hex: the only form in which a token is kept. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
