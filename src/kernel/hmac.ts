import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
/** Longest text that needs no buffer of its own, in bytes. */
const SCRATCH_BYTES = 1024;
/** Most bytes of a UTF-16 unit in UTF-8. */
const BYTES_PER_UNIT = 3;

/**
 * HMAC-SHA256 (RFC 2104) with one key for many short texts. Node's `createHmac` makes two
 * objects outside of V8's heap for each text; two calls of `crypto.hash` take half the time,
 * and each issued token needs one, each opened stream two.
 */
export class Hmac {
  private readonly inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
  private readonly outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);

  constructor(key: string | Buffer) {
    const bytes = Buffer.from(key);
    const block = Buffer.alloc(BLOCK_BYTES);
    (bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes).copy(block);
    for (const [index, byte] of block.entries()) {
      this.inner[index] = byte ^ 0x36;
      this.outer[index] = byte ^ 0x5c;
    }
    block.fill(0);
  }

  /** @param text is read as UTF-8 */
  hex(text: string): string {
    // As text, because `crypto.hash` takes three times as long to return a buffer.
    this.outer.write(this.innerHash(text), BLOCK_BYTES, 'binary');
    return hash('sha256', this.outer, 'hex');
  }

  /** As `hex`, the 32 bytes. */
  bytes(text: string): Buffer {
    return Buffer.from(this.hex(text), 'hex');
  }

  private innerHash(text: string): string {
    const { inner } = this;
    if (text.length * BYTES_PER_UNIT > SCRATCH_BYTES) {
      const message = Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.from(text)]);
      return hash('sha256', message, 'binary');
    }
    const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES);
    const hashed = hash('sha256', inner.subarray(0, end), 'binary');
    // The text may be a token, of which only the hash is kept.
    inner.fill(0, BLOCK_BYTES, end);
    return hashed;
  }
}
