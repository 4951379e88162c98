import { once } from 'node:events';
import { ORIGIN, positionTime } from '../../src/events/position.js';
import { newEvent, newEvents } from '../support/new-event.js';
import { expectGrowing, follow, ids } from './event-log.acceptance.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';
import { expectKept, reportsOf } from './event-log.killing.js';

const MINUTES_10 = 10 * 60_000;
const UNAVAILABLE = expect.objectContaining({ code: 'event_log_unavailable', status: 503 });

export function describeDurability<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  const { restart, outage, clock, spawn } = adapter;

  describe('closing', () => {
    const subject = eachWith(adapter, 1000);

    it('answers every append that came before it', async () => {
      const appends = Array.from({ length: 20 }, () => subject.log.append(newEvents(5)));
      await subject.log.close();
      expectGrowing(await Promise.all(appends));
    });

    it('refuses everything afterwards, and may be repeated', async () => {
      await subject.log.close();
      await subject.log.close();
      await expect(subject.log.append(newEvents(1))).rejects.toEqual(UNAVAILABLE);
      await expect(subject.log.read({ limit: 1 })).rejects.toEqual(UNAVAILABLE);
      await expect(subject.log.bounds()).rejects.toEqual(UNAVAILABLE);
    });
  });

  if (restart) {
    describe('a restart', () => {
      const subject = eachWith(adapter, 100);

      it('keeps every event and the bounds', async () => {
        for (let round = 0; round < 30; round += 1) await subject.log.append(newEvents(9));
        const before = await subject.log.bounds();
        const { events } = await subject.log.read({ limit: 1000 });
        await restart(subject.current);
        expect(await subject.log.bounds()).toEqual(before);
        expect((await subject.log.read({ limit: 1000 })).events).toEqual(events);
        expect(before.trimmedThrough).not.toBe(ORIGIN);
      });

      it('keeps what was appended just before the close', async () => {
        const events = newEvents(50);
        const appends = events.map((event) => subject.log.append([event]));
        await Promise.all([subject.log.close(), ...appends]);
        await restart(subject.current);
        expect(await ids(subject.log)).toEqual(events.map(({ id }) => id));
      });

      it('goes on with greater positions', async () => {
        const results = [await subject.log.append(newEvents(40))];
        for (let round = 0; round < 3; round += 1) {
          await restart(subject.current);
          results.push(await subject.log.append(newEvents(40)));
        }
        expectGrowing(results);
      });

      it('emits on the new tail what is appended from then on', async () => {
        await subject.log.append(newEvents(10));
        await restart(subject.current);
        const tail = follow(subject.log);
        const event = newEvent();
        await subject.log.append([event]);
        await tail.until(1);
        expect(tail.events).toHaveLength(1);
        expect(tail.events[0]?.json).toContain(`"id":"${event.id}"`);
      });

      it('recognises duplicates from before the restart, also of trimmed events', async () => {
        const events = newEvents(300);
        for (const event of events) await subject.log.append([event]);
        await restart(subject.current);
        expect(await subject.log.append(events)).toMatchObject({ duplicates: 300 });
      });

      if (clock) {
        it('recognises duplicates until the same millisecond as without a restart', async () => {
          const event = newEvent();
          await subject.log.append([event]);
          await clock.advance(subject.current, MINUTES_10 - 1);
          await restart(subject.current);
          expect(await subject.log.append([event])).toMatchObject({ duplicates: 1 });
          await clock.advance(subject.current, 1);
          await restart(subject.current);
          expect(await subject.log.append([event])).toMatchObject({ duplicates: 0 });
        });

        it('goes on with greater positions although the wall clock is a day earlier', async () => {
          const results = [await subject.log.append(newEvents(250))];
          await clock.step(subject.current, -24 * 60 * 60_000);
          await restart(subject.current);
          results.push(await subject.log.append(newEvents(5)));
          expectGrowing(results);
          const [before, after] = results.map(({ positions }) => positions[0] ?? ORIGIN);
          expect(positionTime(after ?? ORIGIN)).toBeGreaterThanOrEqual(
            positionTime(before ?? ORIGIN),
          );
        });
      }
    });
  }

  if (outage) {
    describe('an outage', () => {
      const subject = eachWith(adapter, 1000);
      afterEach(async () => outage.end(subject.current));

      it('refuses whole calls, takes nothing of them, and passes', async () => {
        const [before, refused, later] = [newEvents(3), newEvents(3), newEvents(3)];
        const tail = follow(subject.log);
        const results = [await subject.log.append(before)];
        await outage.begin(subject.current);
        await expect(subject.log.append(refused)).rejects.toEqual(UNAVAILABLE);
        await expect(subject.log.append([newEvent()])).rejects.toEqual(UNAVAILABLE);
        await outage.end(subject.current);
        results.push(await subject.log.append(later));
        // Not seen, so no duplicates.
        results.push(await subject.log.append(refused));
        expect(results.map(({ duplicates }) => duplicates)).toEqual([0, 0, 0]);
        expectGrowing(results);
        const all = [...before, ...later, ...refused].map(({ id }) => id);
        expect(await ids(subject.log)).toEqual(all);
        await tail.until(9);
        expect(tail.events).toEqual((await subject.log.read({ limit: 100 })).events);
      });
    });
  }

  if (restart && spawn) {
    describe('a process killed in the middle of appends', () => {
      const subject = eachWith(adapter, 200_000);

      it('has kept every append that was answered, and no append in part', async () => {
        let known = 0;
        for (let round = 0; round < 3; round += 1) {
          await subject.log.close();
          const child = spawn(subject.current);
          const ended = once(child, 'close');
          const reports = reportsOf(child);
          try {
            await reports.until(({ answered }) => answered.size >= 300);
          } finally {
            child.kill('SIGKILL');
          }
          await ended;
          await restart(subject.current);
          known = await expectKept(subject.log, reports, known);
        }
      }, 60_000);
    });
  }
}
