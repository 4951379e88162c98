import fc from 'fast-check';
import { CHUNK_OVERHEAD, chunkInto, chunkOf } from './chunked.js';

/** The body of one chunk, read by the grammar of RFC 9112, section 7.1. */
function read(chunk: Buffer): Buffer {
  const line = chunk.indexOf('\r\n');
  const size = parseInt(chunk.subarray(0, line).toString('latin1'), 16);
  const body = chunk.subarray(line + 2, line + 2 + size);
  expect(chunk.subarray(line + 2 + size).toString('latin1')).toBe('\r\n');
  return body;
}

describe('the framing of one chunk', () => {
  it('holds any text unchanged, and has the same bytes as body', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 5_000 }), (text) => {
        const { chunk, body } = chunkOf(text);
        expect(read(chunk)).toEqual(Buffer.from(text));
        expect(body).toEqual(Buffer.from(text));
      }),
    );
  });

  it('is the same when it is written into a reused buffer', () => {
    const target = Buffer.alloc(6_000, 0xff);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), (bytes) => {
        const body = Buffer.from(bytes);
        const chunk = chunkInto(target, body);
        expect(read(chunk)).toEqual(body);
        expect(chunk.length - body.length).toBeLessThanOrEqual(CHUNK_OVERHEAD);
      }),
    );
  });
});
