import fc from 'fast-check';
import { comparePositions } from '../position.js';
import type { OperatorEvent } from '../types.js';
import { Recent } from './recent.js';

const at = (n: number): OperatorEvent => ({ id: `e${n}`, position: `${n}-0` }) as OperatorEvent;
const ids = (events: readonly OperatorEvent[]): string[] => events.map(({ id }) => id);

describe('the recent events', () => {
  it('that it claims to have after a position are all there, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000)), fc.nat(3_000), (arriving, n) => {
        const recent = new Recent();
        const kept: OperatorEvent[] = [];
        for (const one of arriving.map(at)) {
          recent.push(one);
          const last = kept.at(-1);
          if (!last || comparePositions(one.position, last.position) > 0) kept.push(one);
        }
        const expected = kept.filter(({ position }) => comparePositions(position, `${n}-0`) > 0);
        expect(recent.covers(`${n}-0`) ? recent.after(`${n}-0`) : expected).toEqual(expected);
      }),
    );
  });

  it('are a thousand at most, and the claim shrinks with them', () => {
    const recent = new Recent();
    for (let n = 1; n <= 1_234; n++) recent.push(at(n));
    const kept = recent.after(undefined);
    expect(ids(kept)).toEqual(Array.from({ length: 734 }, (_, index) => `e${index + 501}`));
    expect(recent.covers('500-0')).toBe(true);
    expect(recent.covers('499-0')).toBe(false);
    expect(ids(recent.after('1233-0'))).toEqual(['e1234']);
  });

  it('cover what follows the place where the stream was resumed', () => {
    const recent = new Recent('5-0');
    expect(recent.covers('5-0')).toBe(true);
    expect(recent.covers('4-0')).toBe(false);
  });

  it('cover nothing before the first one, and nothing over a gap', () => {
    const recent = new Recent();
    expect(recent.covers('1-0')).toBe(false);
    recent.push(at(1));
    recent.clear();
    recent.push(at(9));
    expect(recent.covers('1-0')).toBe(false);
    expect(ids(recent.after('1-0'))).toEqual(['e9']);
  });
});
