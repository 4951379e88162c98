import fc from 'fast-check';
import { comparePositions, Cursor, isPosition } from './position.js';

const position = fc
  .tuple(fc.nat({ max: 2 ** 45 }), fc.nat({ max: 2 ** 31 }))
  .map(([ms, seq]) => `${ms}-${seq}`);
/** Few distinct ones, so that they collide. */
const crowded = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })).map(([ms, seq]) => `${ms}-${seq}`);

const asBigInt = (text: string): bigint => {
  const [ms = '', seq = ''] = text.split('-');
  return BigInt(ms) * 2n ** 64n + BigInt(seq);
};

describe('positions', () => {
  it('are ordered by time, then by sequence, as numbers and not as text', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const difference = asBigInt(a) - asBigInt(b);
        expect(Math.sign(comparePositions(a, b))).toBe(
          difference < 0n ? -1 : difference > 0n ? 1 : 0,
        );
      }),
    );
  });

  it.each([
    '',
    '5',
    '-',
    '5-',
    '-5',
    '5-5-5',
    ' 5-5',
    '5-5\n',
    '٥-٥',
    '1e3-0',
    '1'.repeat(16) + '-0',
  ])('are not %j', (text) => expect(isPosition(text)).toBe(false));

  it.each([null, undefined, 5, {}, ['5-5']])('are text, not %j', (value) =>
    expect(isPosition(value)).toBe(false),
  );
});

describe('a cursor', () => {
  it('lets every event pass once, in growing order, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(crowded), (arriving) => {
        const cursor = new Cursor();
        const passed = arriving.filter((one) => cursor.accept(one));
        passed.slice(1).forEach((one, index) => {
          expect(comparePositions(one, passed[index]!)).toBeGreaterThan(0);
        });
      }),
    );
  });

  it('loses none that arrives in order, however often parts are repeated', () => {
    fc.assert(
      fc.property(fc.uniqueArray(crowded), fc.array(fc.nat()), (unordered, cuts) => {
        const log = unordered.toSorted(comparePositions);
        const cursor = new Cursor();
        const passed: string[] = [];
        // Each cut is a reconnect: the server begins again somewhere at or before the cursor.
        for (const cut of [...cuts, 0]) {
          const upTo = log.slice(0, cut % (log.length + 1));
          passed.push(...upTo.filter((one) => cursor.accept(one)));
        }
        passed.push(...log.filter((one) => cursor.accept(one)));
        expect(passed).toEqual(log);
      }),
    );
  });

  it('resumes after what the server has covered, yet drops only what it has seen', () => {
    const cursor = new Cursor('5-0');
    cursor.reached('9-0');
    expect(cursor.resume).toBe('9-0');
    expect(cursor.accept('7-0')).toBe(true);
    expect(cursor.resume).toBe('9-0');
  });

  it('never resumes earlier than it did', () => {
    const cursor = new Cursor('5-0');
    cursor.reached('4-9');
    cursor.reached(null);
    cursor.reached(undefined);
    expect(cursor.resume).toBe('5-0');
  });

  it.each([null, '', 'undefined'])(
    'without a place begins anywhere, as with what a storage has for a missing key (%j)',
    (start) => {
      const cursor = new Cursor(start as string);
      expect(cursor.accept('1-0')).toBe(true);
      expect(cursor.resume).toBe('1-0');
    },
  );

  it('keeps its place over a gap that ends after it', () => {
    const cursor = new Cursor('5-0');
    cursor.lost('7-0');
    expect(cursor.resume).toBe('5-0');
    expect(cursor.accept('5-0')).toBe(false);
  });

  it.each([null, '3-0', '5-0'])('starts over when the log did (oldest %j)', (oldest) => {
    const cursor = new Cursor('5-0');
    cursor.lost(oldest);
    expect(cursor.resume).toBeUndefined();
    expect(cursor.accept('3-0')).toBe(true);
  });
});
