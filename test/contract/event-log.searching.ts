import { EventFilter } from '../../src/kernel/event-filter.js';
import { searchLog } from '../../src/events/log/search-log.js';
import { TextSearch, type TextSearchSpec } from '../../src/events/log/text-search.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';
import { appendAll } from './event-log.reading.js';

/** Matches that stand apart: some in memory, some only in the store. */
const TEXTS = ['hay', 'a Needle here', 'hay', 'quote " and \\ slash', 'caf\u00e9', 'needle\nnext'];

const SEARCHES: [string, TextSearchSpec, (text: string, index: number) => boolean][] = [
  ['a text in any case', { q: 'NEEDLE' }, (text) => /needle/i.test(text)],
  ['a text that JSON escapes', { q: 'quote " and \\' }, (text) => text.startsWith('quote')],
  ['a line break', { q: 'needle\nnext' }, (text) => text.includes('\n')],
  ['a letter beyond ASCII', { q: 'CAF\u00c9' }, (text) => text.startsWith('caf')],
  ['a source', { source: ['/s3', '/s5'] }, (_, index) => [3, 5].includes(index % 7)],
  [
    'a text and a source',
    { q: 'needle', source: ['/s3'] },
    (text, index) => /needle/i.test(text) && index % 7 === 3,
  ],
  ['a text that no event has', { q: 'pin' }, () => false],
];

export function describeSearching<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  describe('searching', () => {
    const subject = eachWith(adapter, 2_000);

    it.each(SEARCHES)('finds %s, in pages from either end', async (_, spec, matches) => {
      await appendAll(subject.log, 600, (index) => ({
        source: `/s${index % 7}`,
        module: `m${index % 2}`,
        data: { text: TEXTS[index % TEXTS.length] },
      }));
      const { events } = await subject.log.read({ limit: 1000 });
      const expected = events
        .filter((event, index) => event.module === 'm1' && matches(textAt(index), index))
        .map(({ position }) => position);
      for (const take of ['oldest', 'newest'] as const) {
        expect(await searched(take, spec)).toEqual(expected);
      }
    });

    async function searched(take: 'oldest' | 'newest', spec: TextSearchSpec): Promise<string[]> {
      const found: string[] = [];
      for (let place: string | undefined; ;) {
        const { events, next } = await searchLog(subject.log, {
          ...(take === 'newest' ? { before: place } : { after: place }),
          filter: EventFilter.of({ module: ['m1'] }),
          search: new TextSearch(spec),
          limit: 17,
          take,
        });
        const positions = events.map(({ position }) => position);
        if (take === 'newest') found.unshift(...positions);
        else found.push(...positions);
        if (next === undefined) return found;
        place = next;
      }
    }
  });
}

function textAt(index: number): string {
  return TEXTS[index % TEXTS.length] as string;
}
