import type { Appended, EventLog } from '../../src/events/log/event-log.js';
import { placeEvent, type LoggedEvent } from '../../src/events/event.js';
import { comparePositions, ORIGIN, parsePosition } from '../../src/events/position.js';
import { newEvent, newEvents } from '../support/new-event.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';

const MINUTES_10 = 10 * 60_000;
const HOUR = 60 * 60_000;

export function describeAcceptance<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  describe('appending', () => {
    const subject = eachWith(adapter, 20_000);

    it('gives each event a position, in the order of the calls, also of calls at the same time', async () => {
      const calls = Array.from({ length: 50 }, (_, index) => newEvents(1 + (index % 7)));
      const results = await Promise.all(calls.map((events) => subject.log.append(events)));
      expect(results.map(({ positions }) => positions.length)).toEqual(calls.map((c) => c.length));
      expectGrowing(results);
      const { events } = await subject.log.read({ limit: 1000 });
      expect(events.map(idOf)).toEqual(calls.flat().map(({ id }) => id));
    });

    it('gives growing, well-formed positions to more events than a millisecond has room for', async () => {
      const results = await Promise.all(
        Array.from({ length: 10 }, () => subject.log.append(newEvents(500))),
      );
      expectGrowing(results);
      expect(results[0]?.positions.every((position) => parsePosition(position ?? ''))).toBe(true);
      expect(comparePositions(results[0]?.positions[0] ?? ORIGIN, ORIGIN)).toBeGreaterThan(0);
    });

    it('keeps every event as it was, with its position as the last attribute', async () => {
      const events = [
        newEvent({
          type: 'ünï.códe.😀',
          module: "o'brien",
          data: { text: '\u2028"\\ \u0000 ]}\n' },
        }),
        newEvent({ severity: 'critical', data: 'x'.repeat(64 * 1024) }),
      ];
      const { positions } = await subject.log.append(events);
      const page = await subject.log.read({ limit: 10 });
      expect(page.events).toEqual(
        events.map((event, index) => placeEvent(event, positions[index] ?? '')),
      );
      expect(page.events.map(({ json }) => Object.entries(JSON.parse(json)).at(-1))).toEqual(
        positions.map((position) => ['position', position]),
      );
    });

    it('accepts an empty append', async () => {
      expect(await subject.log.append([])).toEqual({ positions: [], duplicates: 0 });
      expect(await subject.log.bounds()).toMatchObject({ length: 0, newest: ORIGIN });
    });

    if (adapter.clock) {
      const { clock } = adapter;
      it('gives growing positions while the wall clock goes back', async () => {
        const results = [await subject.log.append(newEvents(3))];
        await clock.step(subject.current, -HOUR);
        results.push(await subject.log.append(newEvents(3)));
        await clock.advance(subject.current, 1000);
        results.push(await subject.log.append(newEvents(3)));
        expectGrowing(results);
      });

      it('follows the wall clock when it goes forward', async () => {
        await subject.log.append(newEvents(1));
        await clock.advance(subject.current, HOUR);
        const first = await subject.log.append(newEvents(1));
        await clock.advance(subject.current, 1);
        const second = await subject.log.append(newEvents(1));
        expect(time(second) - time(first)).toBe(1);
      });
    }
  });

  describe('a repeated (source, id)', () => {
    const subject = eachWith(adapter, 1000);

    it('is left out, counted, and no error', async () => {
      const [a, b, c] = [newEvent(), newEvent(), newEvent()];
      await subject.log.append([a, b]);
      const { positions, duplicates } = await subject.log.append([b, c, a]);
      expect(positions).toEqual([undefined, expect.any(String), undefined]);
      expect(duplicates).toBe(2);
      expect(await ids(subject.log)).toEqual([a.id, b.id, c.id]);
    });

    it('is left out inside one call, and between calls at the same time', async () => {
      const event = newEvent();
      const results = await Promise.all([
        subject.log.append([event, newEvent(), event]),
        subject.log.append([event]),
        subject.log.append([newEvent(), event]),
      ]);
      expect(results.map(({ duplicates }) => duplicates)).toEqual([1, 1, 1]);
      expect((await subject.log.bounds()).length).toBe(3);
    });

    it('is distinguished from the same id of another source, however the characters divide', async () => {
      const { duplicates } = await subject.log.append([
        newEvent({ source: 'a', id: 'bc' }),
        newEvent({ source: 'ab', id: 'c' }),
        newEvent({ source: 'abc', id: '' }),
        newEvent({ source: 'a', id: '1:bc' }),
      ]);
      expect(duplicates).toBe(0);
    });

    it('is another event when another principal publishes it', async () => {
      const event = newEvent({ publisher: 'madre' });
      await subject.log.append([event]);
      const others = [
        { ...event, publisher: 'hermes' },
        { ...event, publisher: 'madr', source: `e${event.source}` },
      ];
      expect(await subject.log.append([...others, event])).toMatchObject({ duplicates: 1 });
      const { events } = await subject.log.read({ limit: 10 });
      expect(events.map(({ publisher }) => publisher)).toEqual(['madre', 'hermes', 'madr']);
    });

    it('is taken when its maker vouches for the id', async () => {
      const event = newEvent({ deduplicate: false });
      const { duplicates } = await subject.log.append([event, event]);
      expect(duplicates).toBe(0);
      expect((await subject.log.bounds()).length).toBe(2);
    });

    if (adapter.clock) {
      const { clock } = adapter;
      it('is a duplicate for 9:59.999 minutes and a new event from 10:00.000 on', async () => {
        const event = newEvent();
        await subject.log.append([event]);
        await clock.advance(subject.current, MINUTES_10 - 1);
        expect(await subject.log.append([event])).toMatchObject({ duplicates: 1 });
        await clock.advance(subject.current, 1);
        expect(await subject.log.append([event])).toMatchObject({ duplicates: 0 });
        await clock.advance(subject.current, MINUTES_10 - 1);
        expect(await subject.log.append([event])).toMatchObject({ duplicates: 1 });
      });

      it('is still a duplicate when the wall clock goes back', async () => {
        const event = newEvent();
        await subject.log.append([event]);
        await clock.step(subject.current, -HOUR);
        expect(await subject.log.append([event])).toMatchObject({ duplicates: 1 });
      });
    }
  });

  describe('the tail', () => {
    const subject = eachWith(adapter, 5000);

    it('emits every event once, in order, to every subscriber, exactly as it is read', async () => {
      const [first, second] = [follow(subject.log), follow(subject.log)];
      await Promise.all(Array.from({ length: 40 }, () => subject.log.append(newEvents(25))));
      await Promise.all([first.until(1000), second.until(1000)]);
      const { events } = await subject.log.read({ limit: 1000 });
      expect(first.events).toEqual(events);
      expect(second.events).toEqual(events);
    });

    it('emits no empty batch, and nothing for duplicates', async () => {
      const event = newEvent();
      const tail = follow(subject.log);
      await subject.log.append([event]);
      await subject.log.append([event]);
      await subject.log.append([]);
      await subject.log.append([newEvent()]);
      await tail.until(2);
      expect(tail.events).toHaveLength(2);
      // What comes quickly may come together.
      expect(tail.batches.filter((batch) => batch.length === 0)).toEqual([]);
    });

    it('emits only what can be read already', async () => {
      const found: Promise<boolean>[] = [];
      const subscription = subject.log.tail.subscribe((batch) => {
        found.push(
          subject.log.read({ limit: 1, take: 'newest' }).then(({ events }) => {
            const [newest, last] = [events.at(-1), batch.at(-1)];
            return comparePositions(newest?.position ?? ORIGIN, last?.position ?? ORIGIN) >= 0;
          }),
        );
      });
      const tail = follow(subject.log);
      for (let round = 0; round < 20; round += 1) await subject.log.append(newEvents(2));
      await tail.until(40);
      subscription.unsubscribe();
      expect(new Set(await Promise.all(found))).toEqual(new Set([true]));
    });
  });
}

/** The tail from now on. */
export function follow(log: EventLog): {
  readonly batches: (readonly LoggedEvent[])[];
  readonly events: LoggedEvent[];
  until(count: number): Promise<void>;
} {
  const batches: (readonly LoggedEvent[])[] = [];
  let wake = () => {};
  log.tail.subscribe((batch) => {
    batches.push(batch);
    wake();
  });
  return {
    batches,
    get events() {
      return batches.flat();
    },
    async until(count) {
      while (batches.flat().length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

export function idOf({ json }: { readonly json: string }): string {
  return (JSON.parse(json) as { id: string }).id;
}

export async function ids(log: EventLog): Promise<string[]> {
  return (await log.read({ limit: 10_000 })).events.map(idOf);
}

export function expectGrowing(results: readonly Appended[]): void {
  const positions = results.flatMap((result) => result.positions.filter((p) => p !== undefined));
  const sorted = [...new Set(positions)].toSorted(comparePositions);
  expect(positions).toEqual(sorted);
}

function time({ positions }: Appended): number {
  return Number(positions[0]?.split('-')[0]);
}
