import type { OperatorEvent } from '@vx11/events-client';
import { eventEntry, type Entry } from '../entry.js';
import { rowsOf } from './rows.js';

const at = (second: number, fields: Partial<OperatorEvent> = {}): Entry => {
  const ms = Date.UTC(2026, 0, 1) + second * 1000;
  return eventEntry({
    specversion: '1.0',
    id: String(second),
    source: '/test',
    type: 'test',
    module: 'test',
    severity: 'info',
    position: `${ms}-0`,
    ...fields,
  });
};

const rows = (entries: Entry[], options: { group?: boolean; open?: string[] } = {}) =>
  rowsOf(entries, {
    group: options.group ?? true,
    open: new Set(options.open),
    dayOf: (ms) => new Date(ms).toISOString().slice(0, 10),
  });

const kinds = (entries: Entry[], options = {}) => rows(entries, options).map(({ kind }) => kind);

describe('the lines of the list', () => {
  it('are ordered newest first', () => {
    expect(rows([at(1), at(2)]).map(({ key }) => key)).toEqual([at(2).key, at(1).key]);
  });

  it('show three similar events in a row as one line, whose key stays the same while it grows', () => {
    const [three] = rows([at(1), at(2), at(3)]);
    const [four] = rows([at(1), at(2), at(3), at(4)]);
    expect(three).toMatchObject({ kind: 'burst', count: 3 });
    expect(four).toMatchObject({ kind: 'burst', count: 4, key: three?.key });
  });

  it('do not fold two events, different events, or events far apart', () => {
    expect(kinds([at(1), at(2)])).toEqual(['event', 'event']);
    expect(kinds([at(1), at(2, { module: 'other' }), at(3)])).toEqual(['event', 'event', 'event']);
    expect(kinds([at(1), at(20), at(40)])).toEqual(['event', 'event', 'event']);
    const late = at(3, { time: '2020-01-01T00:00:00Z' });
    expect(kinds([at(1), at(2), late])).toEqual(['event', 'day', 'event', 'event']);
    expect(kinds([at(1), at(2), at(3)], { group: false })).toEqual(['event', 'event', 'event']);
  });

  it('show the members of an opened burst below it', () => {
    const entries = [at(1), at(2), at(3)];
    const [burst] = rows(entries);
    expect(kinds(entries, { open: [burst?.key] })).toEqual(['burst', 'event', 'event', 'event']);
  });

  it('never fold over a gap', () => {
    const gap: Entry = { kind: 'gap', key: 'gap 1', at: 0, oldest: null };
    expect(kinds([at(1), at(2), gap, at(3), at(4)])).toEqual([
      'event',
      'event',
      'gap',
      'event',
      'event',
    ]);
  });

  it('name the day where it changes', () => {
    expect(kinds([at(-3600), at(3600)])).toEqual(['event', 'day', 'event']);
  });
});
