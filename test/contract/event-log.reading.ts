import { READ_LIMIT, type EventLog, type ReadQuery } from '../../src/events/log/event-log.js';
import { isBehindGap } from '../../src/events/log/gap.js';
import { SEVERITIES, type LoggedEvent } from '../../src/events/event.js';
import { comparePositions, justBefore, ORIGIN, type Position } from '../../src/events/position.js';
import { EventFilter, type FilterSpec } from '../../src/kernel/event-filter.js';
import { newEvent, newEvents } from '../support/new-event.js';
import { idOf } from './event-log.acceptance.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';

const BEYOND = '999999999999999-0';

export function describeReading<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  describe('reading', () => {
    const subject = eachWith(adapter, 20_000);

    it('knows a position that another log gave out before it began', async () => {
      const { positions } = await subject.log.append(newEvents(2));
      const bounds = await subject.log.bounds();
      const [first = ORIGIN] = positions;
      const began = bounds.breaks[0]?.until ?? ORIGIN;
      expect(comparePositions(began, first)).toBeLessThanOrEqual(0);
      expect(isBehindGap(justBefore(began), bounds)).toBe(true);
      for (const own of [ORIGIN, '1-0', began, first]) expect(isBehindGap(own, bounds)).toBe(false);
    });

    it('finds nothing in an empty log', async () => {
      expect(await subject.log.bounds()).toMatchObject({
        trimmedThrough: ORIGIN,
        oldest: undefined,
        newest: ORIGIN,
        length: 0,
      });
      expect(await subject.log.read({ limit: 5 })).toEqual({ events: [], through: ORIGIN });
      expect(await subject.log.read({ limit: 5, after: '5-5' })).toEqual({
        events: [],
        through: '5-5',
      });
      expect((await subject.log.read({ limit: 5, take: 'newest' })).events).toEqual([]);
    });

    it.each([1, 7, 100, 1000])(
      'pages of %i forwards, with a filter, cover everything once',
      async (limit) => {
        const all = await fill(subject.log, 500);
        const filter = EventFilter.of({ severity: ['error'] });
        const pages = await forwards(subject.log, { limit, filter });
        expect(pages).toEqual(all.filter((event) => filter.matches(event)));
        expect(await forwards(subject.log, { limit })).toEqual(all);
      },
    );

    it.each([1, 7, 100, 1000])(
      'pages of %i backwards, with a filter, cover everything once',
      async (limit) => {
        const all = await fill(subject.log, 500);
        const filter = EventFilter.of({ module: ['m1'], type: ['a.*'] });
        const pages = await backwards(subject.log, { limit, filter });
        expect(pages).toEqual(all.filter((event) => filter.matches(event)));
        expect(await backwards(subject.log, { limit })).toEqual(all);
      },
    );

    it("takes from the old end by default, from the new one if asked, always in the log's order", async () => {
      const all = await fill(subject.log, 20);
      expect((await subject.log.read({ limit: 3 })).events).toEqual(all.slice(0, 3));
      expect((await subject.log.read({ limit: 3, take: 'newest' })).events).toEqual(all.slice(-3));
    });

    it('leaves out the event at `after` and the one at `before`', async () => {
      const all = await fill(subject.log, 20);
      const range = { after: at(all, 4), before: at(all, 9), limit: 100 };
      expect((await subject.log.read(range)).events).toEqual(all.slice(5, 9));
      expect((await subject.log.read({ ...range, take: 'newest' })).events).toEqual(
        all.slice(5, 9),
      );
      const none = { after: at(all, 4), before: at(all, 5), limit: 100 };
      expect((await subject.log.read(none)).events).toEqual([]);
    });

    it('takes positions that no event has: between two, before all, beyond the end', async () => {
      const all = await fill(subject.log, 20);
      const [ms] = at(all, 0).split('-');
      const late = `${ms}-9999999999`;
      const first = all.findIndex(({ position }) => !position.startsWith(`${ms}-`));
      const rest = first === -1 ? [] : all.slice(first);
      expect((await subject.log.read({ limit: 100, after: late })).events).toEqual(rest);
      expect((await subject.log.read({ limit: 100, before: late })).events).toEqual(
        all.slice(0, all.length - rest.length),
      );
      expect((await subject.log.read({ limit: 100, after: '1-0' })).events).toEqual(all);
      expect((await subject.log.read({ limit: 100, before: '1-0' })).events).toEqual([]);
      expect((await subject.log.read({ limit: 100, before: BEYOND })).events).toEqual(all);
      expect(await subject.log.read({ limit: 100, after: BEYOND })).toEqual({
        events: [],
        through: BEYOND,
      });
    });

    it('returns how far it has read: to the last event of a full page, else to the newest of the range', async () => {
      const all = await fill(subject.log, 20);
      const filter = EventFilter.of({ module: ['nowhere'] });
      const read = async (query: ReadQuery) => (await subject.log.read(query)).through;
      expect(await read({ limit: 5 })).toBe(at(all, 4));
      expect(await read({ limit: 100 })).toBe(at(all, 19));
      expect(await read({ limit: 5, filter })).toBe(at(all, 19));
      expect(await read({ limit: 5, filter, before: at(all, 9) })).toBe(at(all, 8));
      expect(await read({ limit: 5, after: at(all, 19) })).toBe(at(all, 19));
      expect(await read({ limit: 5, take: 'newest' })).toBe(at(all, 15));
    });

    it('returns fewer than asked only when nothing more matches, however far apart the matches are', async () => {
      const far = 6000;
      await appendAll(subject.log, far, (index) => ({
        severity: index === 10 || index === far - 10 ? ('critical' as const) : ('info' as const),
      }));
      const filter = EventFilter.of({ severity: ['critical'] });
      for (const take of ['oldest', 'newest'] as const) {
        const { events } = await subject.log.read({ limit: 2, filter, take });
        expect(events.map(({ severity }) => severity)).toEqual(['critical', 'critical']);
      }
    });

    it('returns at most READ_LIMIT events, without a hole, and goes on from there', async () => {
      const names: string[] = [];
      subject.log.tail.subscribe((events) => names.push(...events.map(idOf)));
      await appendAll(subject.log, READ_LIMIT + 5);
      const page = await subject.log.read({ limit: 1_000_000 });
      expect(page.events.map(idOf)).toEqual(names.slice(0, READ_LIMIT));
      const rest = await subject.log.read({ limit: 10, after: page.through });
      expect(rest.events.map(idOf)).toEqual(names.slice(READ_LIMIT));
      const newest = await subject.log.read({ limit: 1_000_000, take: 'newest' });
      expect(newest.events.map(idOf)).toEqual(names.slice(-READ_LIMIT));
    });
  });

  describe('filters', () => {
    const subject = eachWith(adapter, 1000);
    const TYPES = [
      'a',
      'a.b',
      'a.b.c',
      'A.b',
      'a_b',
      'a%b',
      'a*b',
      'a?b',
      'a[b]',
      '😀.a',
      '😀',
      "a'b",
    ];

    it.each<[string, FilterSpec[], string[]]>([
      ['one type', [{ type: ['a.b'] }], ['a.b']],
      ['several types', [{ type: ['a', '😀'] }], ['a', '😀']],
      ['a prefix', [{ type: ['a.*'] }], ['a.b', 'a.b.c']],
      ['prefix or type', [{ type: ['a.b.*', 'A.b'] }], ['a.b.c', 'A.b']],
      ['every type', [{ type: ['*'] }], TYPES],
      ['a prefix beyond the basic plane', [{ type: ['😀*'] }], ['😀.a', '😀']],
      ['an underscore, which is no wildcard', [{ type: ['a_*'] }], ['a_b']],
      ['a percent sign, which is no wildcard', [{ type: ['a%*'] }], ['a%b']],
      ['a question mark, which is no wildcard', [{ type: ['a?*'] }], ['a?b']],
      ['a bracket, which is no class', [{ type: ['a[b*'] }], ['a[b]']],
      ['a star inside, which is no wildcard', [{ type: ['a*b'] }], ['a*b']],
      ['a star before the star', [{ type: ['a**'] }], ['a*b']],
      ['a quote, which ends nothing', [{ type: ["a'*"] }], ["a'b"]],
      ['an injection, which finds nothing', [{ module: ["' OR 1=1 --"] }], []],
      [
        'specs that must all agree',
        [{ type: ['a.*'] }, { type: ['*', 'x'] }, { type: ['a.b', 'a'] }],
        ['a.b'],
      ],
      ['specs that contradict each other', [{ type: ['a'] }, { type: ['a.b'] }], []],
    ])('by %s', async (_, specs, expected) => {
      await subject.log.append(TYPES.map((type) => newEvent({ type })));
      const filter = EventFilter.of(...specs);
      for (const take of ['oldest', 'newest'] as const) {
        const { events } = await subject.log.read({ limit: 100, filter, take });
        expect(events.map(({ type }) => type)).toEqual(expected);
      }
    });

    it('by source and subject, which only the events themselves have', async () => {
      const places = ['/shop/eu', '/shop/us', '/ship', undefined];
      const events = places.flatMap((subject) =>
        places.slice(0, 3).map((source) => newEvent({ source: source as string, subject })),
      );
      await subject.log.append(events);
      const found = async (spec: FilterSpec) => {
        const filter = EventFilter.of(spec);
        const page = await subject.log.read({ limit: 100, filter, take: 'newest' });
        const { total } = await subject.log.count({ filter });
        expect(total).toBe(page.events.length);
        return page.events.map(({ json }) => {
          const { source, subject: about } = JSON.parse(json) as Record<string, string>;
          return `${source} ${about}`;
        });
      };
      expect(await found({ source: ['/ship'], subject: ['/shop/*'] })).toEqual([
        '/ship /shop/eu',
        '/ship /shop/us',
      ]);
      expect(await found({ source: ['/shop/*'] })).toHaveLength(8);
      expect(await found({ subject: ['*'], type: ['test.*'] })).toHaveLength(12);
      expect(await found({ source: ['/nowhere'] })).toEqual([]);
    });

    it('by severity and module together', async () => {
      const events = [
        newEvent({ severity: 'error', module: 'x' }),
        newEvent({ severity: 'error', module: 'y' }),
        newEvent({ severity: 'warn', module: 'x' }),
        newEvent({ severity: 'critical', module: 'x' }),
      ];
      await subject.log.append(events);
      const filter = EventFilter.of({ severity: ['error', 'critical'], module: ['x'] });
      const page = await subject.log.read({ limit: 100, filter });
      expect(page.events.map(idOf)).toEqual([events[0]?.id, events[3]?.id]);
    });
  });
}

async function fill(log: EventLog, count: number): Promise<readonly LoggedEvent[]> {
  await appendAll(log, count, (index) => ({
    severity: SEVERITIES[index % 3] ?? 'info',
    module: `m${index % 2}`,
    type: `${'ab'[index % 5 === 0 ? 1 : 0]}.t${index % 4}`,
  }));
  return (await log.read({ limit: READ_LIMIT })).events;
}

/** In calls of different sizes, so that there are different commits. */
export async function appendAll(
  log: EventLog,
  count: number,
  wish: Parameters<typeof newEvents>[1] = () => ({}),
): Promise<void> {
  for (let done = 0, size = 1; done < count; size = Math.min(2 * size, 500)) {
    const first = done;
    const events = newEvents(Math.min(size, count - first), (index) => wish(first + index));
    await log.append(events);
    done += events.length;
  }
}

async function forwards(log: EventLog, query: ReadQuery): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (let after: Position | undefined; ;) {
    const { events, through } = await log.read({ ...query, after });
    all.push(...events);
    if (events.length < query.limit) return all;
    after = through;
  }
}

async function backwards(log: EventLog, query: ReadQuery): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (let before: Position | undefined; ;) {
    const { events, through } = await log.read({ ...query, before, take: 'newest' });
    all.unshift(...events);
    if (events.length < query.limit) return all;
    before = through;
  }
}

function at(events: readonly LoggedEvent[], index: number): Position {
  const event = events[index];
  if (!event) throw new RangeError(`no event ${index}`);
  return event.position;
}
