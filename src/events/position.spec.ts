import fc from 'fast-check';
import {
  nextNumber,
  numberAtOrAfter,
  numberAtOrBefore,
  numberToPosition,
} from './log/position-number.js';
import { comparePositions, ORIGIN, parsePosition, positionOf, positionTime } from './position.js';

const PER_MS = 2048;
/** 2109-05-15, where the numbers end. */
const LAST_MS = 2 ** 42 - 1;

const anyPosition = fc
  .tuple(fc.nat(999_999_999_999_999), fc.nat(9_999_999_999))
  .map(([ms, seq]) => positionOf(ms, seq));
const number = fc.integer({ min: 1, max: LAST_MS * PER_MS });

describe('a position', () => {
  it('is parsed as it is written', () => {
    fc.assert(fc.property(anyPosition, (position) => parsePosition(position) === position));
  });

  it('is nothing but two decimal numbers without a leading zero, of bounded length', () => {
    const bad = [
      '',
      '-',
      '1',
      '1-',
      '-1',
      '1-2-3',
      '01-1',
      '1-01',
      '+1-1',
      '1.5-1',
      '1e3-1',
      ' 1-1',
      '1-1 ',
      '1-1\n',
      '1-1\r\nid: 9-9',
      '1-1\0',
      '１-１',
      'NaN-1',
      '1000000000000000-0',
      '0-10000000000',
    ];
    for (const text of bad) expect([text, parsePosition(text)]).toEqual([text, undefined]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/^\d+-\d+$/.test(text));
        return parsePosition(text) === undefined;
      }),
    );
  });

  it('is ordered by time, then by seq, as numbers and not as text', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(1e15 - 1), fc.nat(1e10 - 1)),
        fc.tuple(fc.nat(1e15 - 1), fc.nat(1e10 - 1)),
        (a, b) => {
          const expected = Math.sign(a[0] - b[0] || a[1] - b[1]);
          expect(Math.sign(comparePositions(positionOf(...a), positionOf(...b)))).toBe(expected);
        },
      ),
    );
    expect(comparePositions('9-9', '10-0')).toBeLessThan(0);
    expect(comparePositions('1-10', '1-9')).toBeGreaterThan(0);
  });

  it('tells its time', () => {
    expect(positionTime('1767225600000-17')).toBe(1_767_225_600_000);
  });

  it('is never before the origin', () => {
    fc.assert(fc.property(anyPosition, (position) => comparePositions(position, ORIGIN) >= 0));
  });
});

describe('a position as a number', () => {
  it('comes back unchanged and is a safe integer', () => {
    fc.assert(
      fc.property(number, (n) => {
        const position = numberToPosition(n);
        expect(parsePosition(position)).toBe(position);
        expect([numberAtOrBefore(position), numberAtOrAfter(position)]).toEqual([n, n]);
        expect(Number.isSafeInteger(n)).toBe(true);
      }),
    );
  });

  it('has the order of the position', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = comparePositions(numberToPosition(a), numberToPosition(b));
        expect(Math.sign(order)).toBe(Math.sign(a - b));
      }),
    );
  });

  it('of a foreign position is the nearest one on either side', () => {
    fc.assert(
      fc.property(anyPosition, number, (position, n) => {
        const order = comparePositions(numberToPosition(n), position);
        expect(n <= numberAtOrBefore(position)).toBe(order <= 0);
        expect(n >= numberAtOrAfter(position)).toBe(order >= 0);
      }),
    );
  });

  it('of a seq beyond what a millisecond has room for is its last, or the first of the next', () => {
    expect(numberAtOrBefore('5-2048')).toBe(5 * PER_MS + 2047);
    expect(numberAtOrAfter('5-2047')).toBe(5 * PER_MS + 2047);
    expect(numberAtOrAfter('5-2048')).toBe(6 * PER_MS);
  });

  it('grows with each event, whatever the clock does, and follows a clock that goes on', () => {
    fc.assert(
      fc.property(number, fc.nat(LAST_MS - 1), (last, ms) => {
        const next = nextNumber(last, ms);
        expect(next).toBeGreaterThan(last);
        expect(next).toBe(ms * PER_MS > last ? ms * PER_MS : last + 1);
      }),
    );
    expect(numberToPosition(nextNumber(0, 0))).toBe('0-1');
    expect(numberToPosition(nextNumber(5 * PER_MS + PER_MS - 1, 5))).toBe('6-0');
  });
});
