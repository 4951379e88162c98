const CR = 13;
const LF = 10;
/** Hexadecimal digits of a size; more is no chunk of ours. */
const MOST_DIGITS = 8;

/** What `advance` has found behind the bytes that it passed. */
export type Found =
  /** Nothing yet: the rest, if any, is the beginning of a size line. */
  | 'more'
  /** A size line that is not plain: the last chunk, an extension, or a fault. */
  | 'special'
  /** A chunk that does not end where its size says. */
  | 'broken';

/**
 * Follows the chunked coding (RFC 9112, section 7.1) without decoding it: knows which bytes
 * are whole plain chunks, or parts of them, and can be forwarded as they are.
 */
export class ChunkCursor {
  /** Bytes of the present chunk that are still to come, with its line end. */
  private left = 0;
  private last = 0;

  get isInside(): boolean {
    return this.left > 0;
  }

  /** @returns how many of the bytes can be forwarded, and what follows them */
  advance(bytes: Uint8Array): { readonly through: number; readonly found: Found } {
    let at = 0;
    for (;;) {
      if (this.left > 0) {
        const step = Math.min(this.left, bytes.length - at);
        at += step;
        this.left -= step;
        if (this.left === 0 && !this.endsLine(bytes, at)) return { through: at, found: 'broken' };
      }
      if (at === bytes.length) {
        this.last = bytes[at - 1] ?? this.last;
        return { through: at, found: 'more' };
      }
      const line = sizeLine(bytes, at);
      if (line === undefined) return { through: at, found: 'special' };
      if (line.end === 0) return { through: at, found: 'more' };
      this.left = line.end - at + line.size + 2;
    }
  }

  private endsLine(bytes: Uint8Array, end: number): boolean {
    const before = end >= 2 ? bytes[end - 2] : this.last;
    return before === CR && bytes[end - 1] === LF;
  }
}

/** The size line at `start`: `end` is 0 when it is not complete, undefined when it is not plain. */
function sizeLine(bytes: Uint8Array, start: number): { size: number; end: number } | undefined {
  let size = 0;
  for (let at = start; ; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return { size, end: 0 };
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (at - start === MOST_DIGITS) return undefined;
      size = size * 16 + digit;
    } else if (byte === CR && size > 0) {
      const next = bytes[at + 1];
      if (next === undefined) return { size, end: 0 };
      return next === LF ? { size, end: at + 2 } : undefined;
    } else {
      return undefined;
    }
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
