import { EventFilter } from '../../src/kernel/event-filter.js';
import { searchLog } from '../../src/events/log/search-log.js';
import { TextSearch } from '../../src/events/log/text-search.js';
import { comparePositions, later, ORIGIN, type Position } from '../../src/events/position.js';
import { newEvents } from '../support/new-event.js';
import { follow, idOf, ids } from './event-log.acceptance.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';

const CAPACITY = 100;

export function describeTrimming<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  const most = CAPACITY + (adapter.slack ?? 0);

  describe('a full log', () => {
    const subject = eachWith(adapter, CAPACITY);

    it('holds the newest events, and never more than it has room for', async () => {
      const appended: string[] = [];
      for (let round = 0; round < 100; round += 1) {
        const events = newEvents(7);
        await subject.log.append(events);
        appended.push(...events.map(({ id }) => id));
        const { length } = await subject.log.bounds();
        expect(length).toBeLessThanOrEqual(most);
        expect(length).toBeGreaterThanOrEqual(Math.min(appended.length, CAPACITY / 2));
        expect(await ids(subject.log)).toEqual(appended.slice(-length));
      }
    });

    it('returns the newest position that was trimmed as trimmedThrough, and the first one held as oldest', async () => {
      const positions: string[] = [];
      for (let round = 0; round < 60; round += 1) {
        positions.push(...((await subject.log.append(newEvents(11))).positions as string[]));
        const { trimmedThrough, oldest, newest, length } = await subject.log.bounds();
        expect(oldest).toBe(positions.at(-length));
        expect(newest).toBe(positions.at(-1));
        expect(trimmedThrough).toBe(positions[positions.length - length - 1] ?? ORIGIN);
      }
      expect((await subject.log.bounds()).trimmedThrough).not.toBe(ORIGIN);
    });

    it('says what a reader that resumes has lost, and how far it has read', async () => {
      const resumed = async (resume: string, module?: string) => {
        const filter = module === undefined ? undefined : EventFilter.of({ module: [module] });
        const search = new TextSearch({});
        const query = { after: resume, resume, filter, search, limit: 1_000 };
        return (await searchLog(subject.log, { ...query, take: 'oldest' })).resumed;
      };
      const [first = '', last = ''] = (await subject.log.append(newEvents(2))).positions;
      expect(await resumed(first)).toEqual({ latest: last, gap: null });
      for (let round = 0; round < 60; round += 1) await subject.log.append(newEvents(11));
      const { oldest, newest } = await subject.log.bounds();
      const lost = { latest: newest, gap: { lost: true, oldest } };
      expect(await resumed(first)).toEqual(lost);
      expect(await resumed(first, 'of-no-event')).toEqual(lost);
      expect(await resumed(newest, 'of-no-event')).toEqual({ latest: newest, gap: null });
      expect(await resumed('999999999999999-0')).toEqual(lost);
    });

    it('keeps and delivers every event of an append larger than the log, without a gap', async () => {
      const gaps: Position[] = [];
      subject.log.gaps.subscribe((position) => gaps.push(position));
      const tail = follow(subject.log);
      const before = await subject.log.append(newEvents(3));
      await tail.until(3);
      const events = newEvents(3 * most);
      const { positions } = await subject.log.append(events);
      expect(await ids(subject.log)).toEqual(events.map(({ id }) => id));
      await tail.until(3 + events.length);
      expect(tail.events.slice(3).map(({ position }) => position)).toEqual(positions);
      expect(await subject.log.bounds()).toMatchObject({
        trimmedThrough: before.positions[2],
        oldest: positions[0],
        newest: positions.at(-1),
        length: events.length,
      });
      expect(gaps).toEqual([]);
    });

    it('trims the events of an append larger than the log at the next append', async () => {
      const events = newEvents(3 * most);
      await subject.log.append(events);
      const next = newEvents(1);
      await subject.log.append(next);
      const { length } = await subject.log.bounds();
      expect(length).toBeLessThanOrEqual(most);
      expect(await ids(subject.log)).toEqual(
        [...events, ...next].slice(-length).map(({ id }) => id),
      );
    });

    it('loses nothing but what it trims when appends larger than the log follow each other', async () => {
      const gaps: Position[] = [];
      subject.log.gaps.subscribe((position) => gaps.push(position));
      const tail = follow(subject.log);
      const batches = Array.from({ length: 5 }, () => newEvents(most + 30));
      const results = await Promise.all(batches.map((events) => subject.log.append(events)));
      const appended = results.flatMap(({ positions }) => positions as Position[]);
      const { trimmedThrough, oldest, newest, length } = await subject.log.bounds();
      expect(newest).toBe(appended.at(-1));
      expect(oldest).toBe(appended.at(-length));
      expect(trimmedThrough).toBe(appended[appended.length - length - 1] ?? ORIGIN);
      while (tail.events.at(-1)?.position !== newest) await tail.until(tail.events.length + 1);
      // Each event is on the tail, or the log has reported a gap up to it.
      const seen = new Set(tail.events.map(({ position }) => position));
      const gap = gaps.reduce(later, ORIGIN);
      const unseen = appended.filter((position) => !seen.has(position));
      expect(unseen.filter((position) => comparePositions(position, gap) > 0)).toEqual([]);
      expect(comparePositions(gap, oldest ?? ORIGIN)).toBeLessThan(0);
    });

    it('reads from the oldest event held after a position that was trimmed, and trimmedThrough is greater', async () => {
      const first = await subject.log.append(newEvents(1));
      for (let round = 0; round < 50; round += 1) await subject.log.append(newEvents(10));
      const after = first.positions[0] ?? '';
      const { events } = await subject.log.read({ limit: 1, after });
      const { trimmedThrough, oldest } = await subject.log.bounds();
      expect(events[0]?.position).toBe(oldest);
      expect(comparePositions(trimmedThrough, after)).toBeGreaterThan(0);
    });

    it('returns every event to a reader of pages, unless trimmedThrough is greater than its position', async () => {
      const filter = EventFilter.of({ module: ['tests'] });
      let after = ORIGIN;
      const seen: string[] = [];
      let lost = 0;
      for (let round = 0; round < 120; round += 1) {
        await subject.log.append(newEvents(10));
        if (round % 4 !== 0) continue;
        const [page] = await Promise.all([
          subject.log.read({ limit: 30, after, filter }),
          subject.log.append(newEvents(10)),
        ]);
        const { trimmedThrough } = await subject.log.bounds();
        if (comparePositions(trimmedThrough, after) > 0) lost += 1;
        else expectConsecutive([...seen.slice(-1), ...page.events.map(idOf)]);
        seen.push(...page.events.map(idOf));
        after = page.through;
      }
      expect(lost).toBeGreaterThan(0);
    });
  });
}

/** `newEvent` numbers its events. */
function expectConsecutive(names: readonly string[]): void {
  const numbers = names.map((name) => Number(name.slice(1)));
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
}
