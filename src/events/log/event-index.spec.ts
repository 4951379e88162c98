import { EventFilter } from '../../kernel/event-filter.js';
import type { LoggedEvent, Severity } from '../event.js';
import { positionOf } from '../position.js';
import { EventIndex } from './event-index.js';
import type { Run } from './stored-events.js';

function event(n: number, labels: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    position: positionOf(n, 0),
    type: 't',
    severity: 'info',
    module: 'm',
    publisher: 'tester',
    json: 'x'.repeat(10),
    ...labels,
  };
}

/** A store that has every event from 1 to `count` and notes what is fetched. */
function storeOf(count: number, labels: (n: number) => Partial<LoggedEvent> = () => ({})) {
  const runs: Run[] = [];
  const stored = Array.from({ length: count }, (_, index) => event(index + 1, labels(index + 1)));
  const time = (position: string) => Number(position.split('-')[0]);
  return {
    runs,
    stored,
    fetch: async (wanted: readonly Run[]) => {
      runs.push(...wanted);
      return wanted.flatMap(({ first, last }) => stored.slice(time(first) - 1, time(last)));
    },
  };
}

const none = () => Promise.reject(new Error('nothing is to be fetched'));
const positions = ({ events }: { events: readonly LoggedEvent[] }) =>
  events.map(({ position }) => position);

describe('EventIndex', () => {
  it('has the newest events in memory, and fetches older ones in runs', async () => {
    const store = storeOf(20);
    const index = new EventIndex(5);
    for (const each of store.stored) index.push(each);
    expect([index.length, index.eventsInMemory]).toEqual([20, 5]);
    expect(positions(await index.read({ limit: 3, take: 'newest' }, none))).toEqual(
      ['18-0', '19-0', '20-0'], // without a fetch
    );
    expect((await index.read({ limit: 100 }, store.fetch)).events).toEqual(store.stored);
    expect(store.runs).toMatchObject([{ first: '1-0', last: '15-0', count: 15 }]);
  });

  it('has fewer events in memory when they are large, but always the newest one', () => {
    const index = new EventIndex(1000, 75);
    for (let n = 1; n <= 100; n += 1) index.push(event(n));
    expect([index.length, index.eventsInMemory]).toEqual([100, 7]);
    index.push(event(101, { json: 'x'.repeat(1000) }));
    expect(index.eventsInMemory).toBe(1);
    index.push(event(102));
    expect(index.eventsInMemory).toBe(1);
  });

  it('fetches only what matches, and only once', async () => {
    const rare = new Set([3, 4, 900]);
    const store = storeOf(1000, (n) => (rare.has(n) ? { severity: 'critical' } : {}));
    const index = new EventIndex(10);
    for (const each of store.stored) index.push(each);
    const filter = EventFilter.of({ severity: ['critical'] });
    for (const take of ['newest', 'oldest'] as const) {
      const page = await index.read({ limit: 50, filter, take }, store.fetch);
      expect(positions(page)).toEqual(['3-0', '4-0', '900-0']);
    }
    expect(store.runs).toMatchObject([
      { first: '3-0', last: '4-0' },
      { first: '900-0', last: '900-0' },
    ]);
    const nothing = EventFilter.of({ module: ['nowhere'] });
    expect(await index.read({ limit: 50, filter: nothing }, none)).toEqual({
      events: [],
      through: '1000-0',
    });
  });

  it('drops what the log has trimmed, and ignores what it has already', async () => {
    const index = new EventIndex(100);
    for (let n = 1; n <= 12; n += 1) index.push(event(n));
    index.dropThrough('9-5');
    expect([index.length, index.oldest, index.newest]).toEqual([3, '10-0', '12-0']);
    index.dropThrough('3-0');
    index.push(event(12));
    index.push(event(5));
    expect(index.length).toBe(3);
    index.dropThrough('99-0');
    expect([index.length, index.oldest, index.eventsInMemory]).toEqual([0, undefined, 0]);
    index.push(event(13));
    expect(positions(await index.read({ limit: 9 }, none))).toEqual(['13-0']);
  });

  it('leaves out events that the store has trimmed meanwhile, and goes on', async () => {
    const index = new EventIndex(1);
    const store = storeOf(300);
    for (const each of store.stored) index.push(each);
    const page = await index.read({ limit: 250 }, async (runs) =>
      (await store.fetch(runs)).filter(({ position }) => Number(position.split('-')[0]) > 100),
    );
    expect(positions(page)).toEqual(store.stored.slice(100).map(({ position }) => position));
    expect(page.through).toBe('300-0');
  });

  it('stops where it is when nobody wants the page any more', async () => {
    const index = new EventIndex(1);
    const store = storeOf(1000);
    for (const each of store.stored) index.push(each);
    const page = await index.read(
      { limit: 1000, abandoned: () => store.runs.length === 2 },
      store.fetch,
    );
    expect([page.events.length, page.through]).toEqual([400, '400-0']);
  });

  it('finds events of more series than have a list of their own', async () => {
    const count = 20_000;
    const store = storeOf(count, (n) => ({
      type: `t${n}`,
      severity: (n % 5000 === 0 ? 'critical' : 'info') as Severity,
    }));
    const index = new EventIndex(count);
    for (const each of store.stored) index.push(each);
    const filter = EventFilter.of({ severity: ['critical'] });
    expect(positions(await index.read({ limit: 9, filter }, none))).toEqual(
      [5, 10, 15, 20].map((thousand) => `${thousand}000-0`),
    );
    index.dropThrough('15000-0');
    expect(positions(await index.read({ limit: 9, filter, take: 'newest' }, none))).toEqual([
      '20000-0',
    ]);
  });
});
