import fc from 'fast-check';
import { ChunkCursor } from './chunk-cursor.js';

const chunk = (body: Uint8Array) =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);

/** Forwards pieces as the relay does. @returns what went on, and what was left to the parser */
function forwarded(pieces: readonly Buffer[]): { on: Buffer; rest: Buffer; found: string } {
  const cursor = new ChunkCursor();
  const on: Buffer[] = [];
  let held: Buffer = Buffer.alloc(0);
  for (const [index, piece] of pieces.entries()) {
    const bytes = Buffer.concat([held, piece]);
    const { through, found } = cursor.advance(bytes);
    on.push(bytes.subarray(0, through));
    held = bytes.subarray(through);
    if (found !== 'more') {
      const rest = Buffer.concat([held, ...pieces.slice(index + 1)]);
      return { on: Buffer.concat(on), rest, found };
    }
  }
  return { on: Buffer.concat(on), rest: held, found: cursor.isInside ? 'inside' : 'more' };
}

const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** The bytes, cut at any places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [...sorted, bytes.length].map((end, n) => bytes.subarray(sorted[n - 1] ?? 0, end));
}

describe('ChunkCursor', () => {
  it('passes whole chunks, however they are cut, and stops before the last one', () => {
    fc.assert(
      fc.property(bodies, cuts, (all, places) => {
        const chunks = Buffer.concat(all.map(chunk));
        const end = Buffer.from('0\r\n\r\nHTTP/1.1 200 OK');
        const { on, rest, found } = forwarded(cut(Buffer.concat([chunks, end]), places));
        expect({ on: on.toString('hex'), rest: rest.toString(), found }).toEqual({
          on: chunks.toString('hex'),
          rest: end.toString(),
          found: 'special',
        });
      }),
    );
  });

  it.each([
    ['an extension', '5;a=b\r\nhello\r\n'],
    ['a bare line feed after the size', '5\nhello\r\n'],
    ['no size', '\r\nhello\r\n'],
    ['a sign', '+5\r\nhello\r\n'],
    ['a space', '5 \r\nhello\r\n'],
    ['a prefix', '0x5\r\nhello\r\n'],
    ['a size of nine digits', '000000005\r\nhello\r\n'],
    ['a size with a carriage return inside', '5\rX\r\nhello\r\n'],
  ])('leaves a chunk with %s to the parser', (_, odd) => {
    const before = chunk(Buffer.from('before'));
    for (const places of [[], [1, 2, 3], [11, 12, 13, 14, 15]]) {
      const { on, rest, found } = forwarded(cut(Buffer.concat([before, Buffer.from(odd)]), places));
      expect({ on: on.toString(), rest: rest.toString(), found }).toEqual({
        on: before.toString(),
        rest: odd,
        found: 'special',
      });
    }
  });

  it('notices a chunk that is longer or shorter than its size, however it is cut', () => {
    for (const wrong of ['5\r\nhello world\r\n', '5\r\nhello\n\n', '5\r\nhel\r\n3\r\nlo!\r\n']) {
      const bytes = Buffer.from(wrong);
      for (let place = 0; place <= bytes.length; place += 1) {
        expect(forwarded(cut(bytes, [place])).found).toBe('broken');
      }
    }
  });
});
