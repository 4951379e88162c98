import type { OperatorEvent } from '@vx11/events-client';
import { annotated } from './notes.js';

const note = (n: number, kind: string, by: string, text?: string): OperatorEvent => ({
  specversion: '1.0',
  id: String(n),
  source: '/operator-backend',
  type: `vx11.note.${kind}`,
  subject: '5-0',
  module: 'shop',
  severity: 'info',
  position: `${n}-0`,
  data: { by, ...(text !== undefined && { text }) },
});

const of = (...notes: OperatorEvent[]) => annotated(new Map(), notes).get('5-0');

describe('the annotations of an event', () => {
  it('follow the order of the notes, whatever the order of arrival', () => {
    expect(of(note(8, 'unpinned', 'bob'), note(7, 'pinned', 'ana'))?.pinned).toBeUndefined();
    expect(of(note(7, 'unpinned', 'bob'), note(8, 'pinned', 'ana'))?.pinned?.by).toBe('ana');
  });

  it('follow it too when older notes are read after newer ones', () => {
    const notes = [
      note(7, 'pinned', 'ana'),
      note(8, 'acknowledged', 'ana'),
      note(9, 'added', 'ana', 'one'),
      note(10, 'unpinned', 'bob'),
      note(11, 'acknowledged', 'bob'),
      note(12, 'added', 'bob', 'two'),
    ];
    const known = notes
      .toReversed()
      .reduce((all, one) => annotated(all, [one]), annotated(new Map(), []));
    expect(known.get('5-0')).toEqual(of(...notes));
    expect(known.get('5-0')).toMatchObject({ pinned: undefined, acknowledged: { by: 'ana' } });
    expect(known.get('5-0')?.notes.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('keep the first acknowledgement, and every note once', () => {
    const notes = [note(7, 'acknowledged', 'ana'), note(8, 'acknowledged', 'bob')];
    const texts = [note(9, 'added', 'bob', 'one'), note(10, 'added', 'ana', 'two')];
    const once = annotated(new Map(), [...notes, ...texts]);
    const twice = annotated(once, texts).get('5-0');
    expect(twice?.acknowledged?.by).toBe('ana');
    expect(twice?.notes.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('leave out other events, notes without a subject, and notes of unknown types', () => {
    const { subject: _, ...nowhere } = note(7, 'pinned', 'ana');
    const stranger = { ...note(8, 'pinned', 'ana'), type: 'shop.note.pinned' };
    expect(annotated(new Map(), [nowhere, stranger]).size).toBe(0);
    expect(of(note(9, 'painted', 'ana'))).toEqual({
      pinned: undefined,
      acknowledged: undefined,
      notes: [],
    });
  });
});
