/** Hexadecimal digits and line ends around one chunk: an upper bound in bytes. */
export const CHUNK_OVERHEAD = 16;

const END = Buffer.from('\r\n');

/** One chunk of the chunked coding (RFC 9112, section 7.1), and the body inside it. */
export interface Chunk {
  readonly chunk: Buffer;
  readonly body: Buffer;
}

/** Frames `text` in a buffer of its own. Throws nothing; an empty text would end the body, so pass none. */
export function chunkOf(text: string): Chunk {
  const bytes = Buffer.byteLength(text);
  const size = sizeLine(bytes);
  const chunk = Buffer.from(`${size}${text}\r\n`);
  return { chunk, body: chunk.subarray(size.length, size.length + bytes) };
}

/**
 * Frames `body` at the start of `target`, which must have room for the body and
 * `CHUNK_OVERHEAD` bytes. Returns the part of `target` that holds the chunk.
 */
export function chunkInto(target: Buffer, body: Buffer): Buffer {
  let end = target.write(sizeLine(body.length), 'latin1');
  end += body.copy(target, end);
  end += END.copy(target, end);
  return target.subarray(0, end);
}

function sizeLine(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}
