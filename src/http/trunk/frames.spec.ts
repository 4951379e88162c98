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
  numberIn,
  textIn,
  TrunkFault,
} from './frames.js';

type Frame = readonly [kind: number, body: string];

function reading(longest = MOST_TO_GATEWAY) {
  const frames: Frame[] = [];
  const reader = new FrameReader(longest, (kind, body) => {
    frames.push([kind, body.toString('hex')]);
  });
  return { reader, frames };
}

const data = (numbers: number[], text: string) =>
  Buffer.concat([dataHead(numbers, text.length), Buffer.from(text, 'latin1')]);

describe('the frames of a trunk', () => {
  it('are the same, however the reads cut them', () => {
    const anyFrame = fc.oneof(
      fc.tuple(fc.constantFrom(1, 2, 3, 4, 6), fc.nat(), fc.string({ unit: 'binary-ascii' })),
      fc.tuple(fc.constant(5), fc.array(fc.nat(), { maxLength: 9 }), fc.string()),
    );
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 9 }), fc.array(fc.nat()), (frames, places) => {
        const bytes = Buffer.concat(
          frames.map(([kind, target, text]) =>
            typeof target === 'number' ? frameOf(kind, target, text) : data(target, text),
          ),
        );
        const whole = reading();
        whole.reader.read(bytes);
        expect(whole.frames).toHaveLength(frames.length);
        const cut = reading();
        let from = 0;
        for (const place of places.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b)) {
          cut.reader.read(bytes.subarray(from, place));
          from = place;
        }
        cut.reader.read(bytes.subarray(from));
        expect(cut.frames).toEqual(whole.frames);
      }),
    );
  });

  it('keep the number and the bytes of a head', () => {
    const { reader, frames } = reading();
    reader.read(frameOf(Kind.open, 0xffff_fffe, 'GET /\xff HTTP/1.1\r\n\r\n'));
    const body = Buffer.from(frames[0]?.[1] ?? '', 'hex');
    expect([numberIn(body), textIn(body).toString('latin1')]).toEqual([
      0xffff_fffe,
      'GET /\xff HTTP/1.1\r\n\r\n',
    ]);
  });

  it('do not change when the buffer of a read is used again', () => {
    const { reader, frames } = reading();
    const read = Buffer.from(frameOf(Kind.end, 7));
    reader.read(read.subarray(0, 6));
    const rest = Buffer.from(read.subarray(6));
    read.fill(0);
    reader.read(rest);
    expect(frames).toEqual([[Kind.end, '00000007']]);
  });

  it('may be as long as the longest of each direction', () => {
    const toGateway = reading();
    toGateway.reader.read(data(Array<number>(MOST_NUMBERS).fill(1), 'a'.repeat(MOST_DATA)));
    const toInstance = reading(MOST_TO_INSTANCE);
    toInstance.reader.read(frameOf(Kind.open, 1, 'a'.repeat(MOST_OPEN)));
    expect([toGateway.frames.length, toInstance.frames.length]).toEqual([1, 1]);
  });

  it.each([
    ['longer than any', [MOST_TO_GATEWAY - 3, 5]],
    ['of four gigabytes', [0xffff_ffff, 5]],
    ['without a kind', [0, 5]],
  ])('are refused at once when one is %s', (_, [length = 0, kind = 0]) => {
    const bytes = Buffer.alloc(5, kind);
    bytes.writeUInt32BE(length);
    expect(() => reading().reader.read(bytes)).toThrow(TrunkFault);
  });

  it('have a number', () => {
    expect(() => numberIn(Buffer.alloc(3))).toThrow(TrunkFault);
  });

  it('wait for another turn when the reader may not go on, and none is lost', () => {
    const { reader, frames } = reading();
    const all = Buffer.concat([1, 2, 3].map((number) => frameOf(Kind.end, number)));
    expect(reader.read(all.subarray(0, all.length - 1), () => false)).toBe(false);
    expect(frames).toHaveLength(1);
    expect(reader.read(all.subarray(all.length - 1), () => false)).toBe(false);
    expect(reader.read(undefined, () => false)).toBe(true);
    expect(frames.map(([, body]) => body)).toEqual(['00000001', '00000002', '00000003']);
  });
});
