import fc from 'fast-check';
import { mergeRows, Postings } from './postings.js';

function listOf(rows: readonly number[]): Postings {
  const list = new Postings();
  for (const row of rows) list.push(row);
  return list;
}

const increasing = fc
  .uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 60 })
  .map((rows) => rows.toSorted((a, b) => a - b));

describe('Postings', () => {
  it('holds what was pushed and not shifted, and finds the first row from a number on', () => {
    fc.assert(
      fc.property(increasing, fc.nat(70), fc.nat(500), (rows, shifts, row) => {
        const list = new Postings();
        let dropped = 0;
        for (const [index, value] of rows.entries()) {
          list.push(value);
          // Shifts come in between, so that the array has room to reuse.
          if (index % 2 === 1 && dropped < shifts) {
            list.shift();
            dropped += 1;
          }
        }
        const left = rows.slice(dropped);
        expect(Array.from({ length: list.length }, (_, index) => list.at(index))).toEqual(left);
        const index = left.findIndex((value) => value >= row);
        expect(list.indexOf(row)).toBe(index === -1 ? left.length : index);
      }),
    );
  });
});

describe('mergeRows', () => {
  it('returns the first or the last rows of a range over all lists, in order', () => {
    fc.assert(
      fc.property(
        fc.array(increasing, { maxLength: 8 }),
        fc.nat(500),
        fc.nat(500),
        fc.nat(40),
        fc.boolean(),
        (lists, from, to, limit, descending) => {
          const rows = lists
            .flat()
            .filter((row) => from <= row && row < to)
            .toSorted((a, b) => (descending ? b - a : a - b));
          const merged = mergeRows(lists.map(listOf), { from, to }, limit, descending);
          expect(merged).toEqual(rows.slice(0, limit));
        },
      ),
    );
  });
});
