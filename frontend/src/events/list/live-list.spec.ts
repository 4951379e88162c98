import fc from 'fast-check';
import type { OperatorEvent, Severity } from '@vx11/events-client';
import { eventEntry, type Entry } from '../entry.js';
import { LiveList } from './live-list.js';

function entries(from: number, count: number, severity: Severity = 'info'): Entry[] {
  return Array.from({ length: count }, (_, index) =>
    eventEntry({
      specversion: '1.0',
      id: String(from + index),
      source: '/test',
      type: 'test',
      module: 'test',
      severity,
      position: `${from + index}-0`,
    }),
  );
}

const keys = (list: LiveList) => list.shown.map(({ key }) => key);
const isError = ({ severity }: OperatorEvent) => severity === 'error';

describe('the live list', () => {
  it('keeps the newest events, and their total', () => {
    const list = new LiveList(3);
    list.push(entries(1, 2));
    list.push(entries(3, 3));
    expect(keys(list)).toEqual(['3-0', '4-0', '5-0']);
    expect(list.total).toBe(5);
  });

  it('changes nothing on screen while it is held, and counts new events', () => {
    const list = new LiveList(3);
    list.push(entries(1, 3));
    list.hold();
    const before = list.shown;
    list.push(entries(4, 5));
    list.push(entries(9, 1, 'critical'));
    expect(list.shown).toBe(before);
    expect(list.waiting).toEqual({ info: 5, warn: 0, error: 0, critical: 1 });
    list.release();
    expect(keys(list)).toEqual(['7-0', '8-0', '9-0']);
    expect(list.waiting.info).toBe(0);
  });

  it('is filtered as of the moment it was held', () => {
    const list = new LiveList(10);
    list.push([...entries(1, 2), ...entries(3, 1, 'error')]);
    list.hold();
    list.push(entries(4, 2, 'error'));
    list.filter(isError);
    expect(keys(list)).toEqual(['3-0']);
    expect(list.waiting.error).toBe(2);
    expect(list.total).toBe(3);
  });

  it('keeps rare events that match although many others pass by', () => {
    const list = new LiveList(5);
    list.filter(isError);
    list.push(entries(1, 1, 'error'));
    list.push(entries(2, 100));
    expect(keys(list)).toEqual(['1-0']);
    expect(list.completeSince).toBe('1-0');
  });

  it('drops entries of the previous filter where others between them are missing', () => {
    const list = new LiveList(5);
    list.filter(isError);
    list.push(entries(1, 1, 'error'));
    list.push(entries(2, 100));
    list.filter(() => true);
    expect(keys(list)).toEqual(['97-0', '98-0', '99-0', '100-0', '101-0']);
    expect(list.completeSince).toBe('97-0');
  });

  it('adds pages of the past to the list, each event once', () => {
    const list = new LiveList(10);
    list.push(entries(5, 2));
    list.hold();
    list.pushOlder(entries(3, 3));
    expect(keys(list)).toEqual(['3-0', '4-0', '5-0', '6-0']);
    expect(list.completeSince).toBe('3-0');
  });

  it('says when the limit drops entries, of new ones and of the past', () => {
    const list = new LiveList(3);
    list.push(entries(11, 2));
    expect(list.dropped).toBe(0);
    expect(list.pushOlder(entries(9, 1))).toBe(true);
    expect(list.pushOlder(entries(7, 2))).toBe(false);
    list.push(entries(13, 2));
    expect(list.dropped).toBe(2);
    list.filter(isError);
    expect(list.dropped).toBe(0);
  });

  it('takes away what is too old, unless it is held', () => {
    const list = new LiveList(10);
    list.push([...entries(1, 2), { kind: 'gap', key: 'gap 1', at: 2, oldest: null }]);
    list.push(entries(3, 2));
    list.hold();
    expect(list.expire(4)).toBe(false);
    expect(list.shown).toHaveLength(5);
    list.release();
    expect(list.expire(4)).toBe(true);
    expect(keys(list)).toEqual(['4-0']);
    expect(list.total).toBe(1);
    expect(list.expire(4)).toBe(false);
  });

  it('shows gaps and reconnects whatever the filter', () => {
    const list = new LiveList(10);
    list.filter(isError);
    list.push([{ kind: 'gap', key: 'gap 1', at: 0, oldest: null }, ...entries(1, 3)]);
    expect(keys(list)).toEqual(['gap 1']);
    expect(list.total).toBe(0);
  });

  it('never shows more than its limit, never out of order, and no event twice', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 0, max: 12 }) }),
      fc.constantFrom('hold', 'release', 'errors', 'all'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const list = new LiveList(7);
        let next = 1;
        for (const one of steps) {
          if (one === 'hold') list.hold();
          else if (one === 'release') list.release();
          else if (one === 'errors') list.filter(isError);
          else if (one === 'all') list.filter(() => true);
          else if (typeof one === 'object') {
            list.push(entries(next, one.push, next % 2 ? 'error' : 'info'));
            next += one.push;
          }
          const shown = keys(list).map((key) => Number.parseInt(key, 10));
          expect(shown.length).toBeLessThanOrEqual(7);
          expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => a - b));
          expect(list.total).toBeGreaterThanOrEqual(list.isHeld ? 0 : shown.length);
        }
      }),
    );
  });
});
