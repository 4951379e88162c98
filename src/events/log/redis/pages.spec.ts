import { EventFilter } from '../../../kernel/event-filter.js';
import { readPage, type LogEntry, type Range } from './pages.js';

/** A log of many events of which none matches; counts what is asked of it. */
function longLog() {
  const asked: string[] = [];
  const range: Range = async (_command, from, _to, count) => {
    asked.push(from);
    const first = asked.length * count;
    return Array.from({ length: count }, (_, index): LogEntry => {
      const fields = { n: '1', b: '', s: 'info', t: 'a.b', m: 'm', e: '{}' };
      return [`${first + index}-0`, Object.entries(fields).flat()];
    });
  };
  return { asked, range };
}

describe('a page of the log', () => {
  it('is read no further when nobody wants it any more', async () => {
    const { asked, range } = longLog();
    const filter = EventFilter.of({ module: ['other'] });
    const page = await readPage({ limit: 10, filter, abandoned: () => asked.length === 3 }, range);
    expect(page.events).toEqual([]);
    expect(asked).toHaveLength(3);
  });
});
