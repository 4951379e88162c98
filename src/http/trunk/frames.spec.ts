import fc from 'fast-check';
import {
  dataHead,
  FrameReader,
  frameOf,
  Kind,
  MOST_DATA,
  MOST_NUMBERS,
  MOST_OPEN,
  MOST_TO_GATEWAY,
  MOST_TO_INSTANCE,
  TrunkFault,
} from './frames.js';

/** What was read: `data` by connection, because a cut may divide it; the others frame by frame. */
function reading(longest = MOST_TO_GATEWAY) {
  const frames: string[] = [];
  const got = new Map<number, string>();
  const reader = new FrameReader(longest, {
    frame: (kind, number, rest) => {
      frames.push(`${kind} ${number} ${rest.toString('latin1')}`);
    },
    data: (numbers, bytes) => {
      for (let at = 0; at < numbers.length; at += 4) {
        const number = numbers.readUInt32BE(at);
        got.set(number, (got.get(number) ?? '') + bytes.toString('latin1'));
      }
    },
  });
  return { reader, frames, got };
}

const data = (numbers: readonly number[], text: string) =>
  Buffer.concat([dataHead(numbers, text.length), Buffer.from(text, 'latin1')]);

describe('the frames of a trunk', () => {
  it('are the same, however the reads cut them and whenever the reader pauses', () => {
    const numbers = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 9 });
    const text = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 30 });
    const other = fc.tuple(fc.constantFrom(1, 2, 3, 4, 6, 7, 8, 9), fc.nat(), text);
    const anyFrame = fc.oneof(other, fc.tuple(fc.constant(Kind.data), numbers, text));
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 9 }),
        fc.array(fc.nat()),
        fc.infiniteStream(fc.boolean()),
        (all, places, pauses) => {
          const bytes = Buffer.concat(
            all.map(([kind, to, rest]) =>
              typeof to === 'number' ? frameOf(kind, to, rest) : data(to, rest),
            ),
          );
          const expected = reading();
          for (const [kind, to, rest] of all) {
            if (typeof to === 'number') expected.frames.push(`${kind} ${to} ${rest}`);
            else for (const n of to) expected.got.set(n, (expected.got.get(n) ?? '') + rest);
          }
          const { reader, frames, got } = reading();
          const mayGoOn = () => pauses.next().value as boolean;
          // Each read has the same buffer.
          const buffer = Buffer.alloc(bytes.length);
          const cuts = places.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b);
          let from = 0;
          for (const to of [...cuts, bytes.length]) {
            const length = bytes.copy(buffer, 0, from, to);
            let isDone = reader.read(buffer.subarray(0, length), mayGoOn);
            buffer.fill(0);
            // The next read comes only when all is read, or with what is left.
            if (pauses.next().value) while (!isDone) isDone = reader.read(undefined, mayGoOn);
            from = to;
          }
          while (!reader.read(undefined, mayGoOn)) from += 0;
          expect([frames, got]).toEqual([expected.frames, expected.got]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are not copied together, however they are cut', () => {
    const { reader, got } = reading();
    const all = Buffer.concat(Array.from({ length: 50 }, () => data([1, 2], 'a'.repeat(60_000))));
    const copied = jest.spyOn(Buffer, 'concat');
    for (let at = 0; at < all.length; at += 100_001) reader.read(all.subarray(at, at + 100_001));
    const bytes = copied.mock.calls.flatMap(([parts]) => parts).map(({ length }) => length);
    copied.mockRestore();
    expect(got.get(2)).toHaveLength(50 * 60_000);
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(1_000);
  });

  it('keep the number and the bytes of a head', () => {
    const { reader, frames } = reading();
    reader.read(frameOf(Kind.open, 0xffff_fffe, 'GET /\xff HTTP/1.1\r\n\r\n'));
    expect(frames).toEqual([`${Kind.open} 4294967294 GET /\xff HTTP/1.1\r\n\r\n`]);
  });

  it('may be as long as the longest of each direction', () => {
    const toGateway = reading();
    const numbers = Array.from({ length: MOST_NUMBERS }, (_, index) => index);
    toGateway.reader.read(data(numbers, 'a'.repeat(MOST_DATA)));
    const toInstance = reading(MOST_TO_INSTANCE);
    toInstance.reader.read(frameOf(Kind.open, 1, 'a'.repeat(MOST_OPEN)));
    expect([toGateway.got.size, toInstance.frames.length]).toEqual([MOST_NUMBERS, 1]);
  });

  it.each<[string, Buffer]>([
    ['longer than any', Buffer.from([0, 0xff, 0xff, 0xff, Kind.end, 0, 0, 0, 1])],
    ['of four gigabytes', Buffer.from([0xff, 0xff, 0xff, 0xff, Kind.end, 0, 0, 0, 1])],
    ['without a kind', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['without a number', Buffer.from([0, 0, 0, 1, Kind.close, 0, 0, 0, 5])],
    ['data for nobody', Buffer.concat([dataHead([], 1), Buffer.from('a')])],
    ['data without bytes', dataHead([1], 0)],
    ['data with fewer numbers than it says', Buffer.from([0, 0, 0, 5, Kind.data, 0, 0, 0, 9])],
    ['data with four billion numbers', Buffer.from([0, 0, 0, 9, Kind.data, 255, 255, 255, 255])],
  ])('are refused at once when one is %s', (_, bytes) => {
    const { reader } = reading();
    expect(() => reader.read(bytes)).toThrow(TrunkFault);
  });

  it('wait for another turn when the reader may not go on, and none is lost', () => {
    const { reader, frames } = reading();
    const all = Buffer.concat([1, 2, 3].map((number) => frameOf(Kind.end, number)));
    expect(reader.read(all.subarray(0, all.length - 1), () => false)).toBe(false);
    expect(frames).toHaveLength(1);
    expect(reader.read(all.subarray(all.length - 1), () => false)).toBe(false);
    expect(reader.read(undefined, () => false)).toBe(true);
    expect(frames).toEqual(['6 1 ', '6 2 ', '6 3 ']);
  });
});
