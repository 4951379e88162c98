import fc from 'fast-check';
import { SEVERITIES, type LoggedEvent } from '../../src/events/event.js';
import type { Buckets } from '../../src/events/log/event-counts.js';
import { positionTime } from '../../src/events/position.js';
import { EventFilter } from '../../src/kernel/event-filter.js';
import { eachWith, type EventLogAdapter, type LogUnderTest } from './event-log.adapter.js';
import { appendAll } from './event-log.reading.js';

export function describeCounting<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  describe('counting', () => {
    const subject = eachWith(adapter, 300);

    it('counts nothing in an empty log', async () => {
      const counts = await subject.log.count({ buckets: { since: 0, width: 1000, count: 2 } });
      expect(counts).toMatchObject({ total: 0, module: new Map(), type: new Map() });
      expect(counts.time).toEqual([NONE, NONE]);
    });

    it('counts what a read of the same range and filter returns, also after trimming', async () => {
      await appendAll(subject.log, 700, (index) => ({
        severity: SEVERITIES[index % 4] ?? 'info',
        module: `m${index % 5}`,
        type: `t.${index % 7}`,
        source: `/${index % 13}`,
      }));
      const held = (await subject.log.read({ limit: 1000 })).events;
      const filters = [
        EventFilter.ALL,
        EventFilter.of({ severity: ['error', 'critical'] }),
        EventFilter.of({ module: ['m1'], type: ['t.3', 't.4'] }),
        EventFilter.of({ type: ['t.*'] }, { module: ['m2', 'm3'] }),
        EventFilter.of({ module: ['nowhere'] }),
        EventFilter.of({ source: ['/1*', '/2'], module: ['m1', 'm2'] }),
      ];
      const times = held.map(({ position }) => positionTime(position));
      const first = times[0] ?? 0;
      const width = Math.max(1, ((times.at(-1) ?? 0) - first) / 5);
      const place = fc.option(fc.constantFrom(...held.map(({ position }) => position)), {
        nil: undefined,
      });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...filters),
          place,
          place,
          fc.constantFrom(
            undefined,
            { since: first, width: Math.ceil(width), count: 6 },
            { since: first + Math.ceil(width), width: Math.ceil(width), count: 2 },
            { since: 0, width: 1, count: 3 },
          ),
          async (filter, after, before, buckets) => {
            const { events } = await subject.log.read({ filter, after, before, limit: 1000 });
            const counts = await subject.log.count({ filter, after, before, buckets });
            expect({ ...counts, buckets: undefined }).toEqual(expected(events, buckets));
          },
        ),
        { numRuns: 60 },
      );
    });

    it('stops when the caller no longer needs the answer', async () => {
      await appendAll(subject.log, 100, (index) => ({ type: `t.${index}` }));
      let looks = 0;
      await subject.log.count({
        abandoned: () => {
          looks += 1;
          return true;
        },
      });
      expect(looks).toBeGreaterThan(0);
    });
  });
}

const NONE = { info: 0, warn: 0, error: 0, critical: 0 };

/** The same numbers, counted event by event. */
function expected(events: readonly LoggedEvent[], buckets: Buckets | undefined): object {
  const count = (of: (event: LoggedEvent) => string) => {
    const counts = new Map<string, number>();
    for (const event of events) counts.set(of(event), (counts.get(of(event)) ?? 0) + 1);
    return counts;
  };
  const severities = (some: readonly LoggedEvent[]) =>
    Object.fromEntries(
      SEVERITIES.map((name) => [name, some.filter(({ severity }) => severity === name).length]),
    );
  const { since = 0, width = 1, count: length = 0 } = buckets ?? {};
  return {
    total: events.length,
    severity: severities(events),
    module: count(({ module }) => module),
    type: count(({ type }) => type),
    time: Array.from({ length }, (_, index) =>
      severities(
        events.filter(({ position }) => {
          const ms = positionTime(position) - since;
          return ms >= index * width && ms < (index + 1) * width;
        }),
      ),
    ),
  };
}
