import { ManualClock } from '../../../test/support/manual-clock.js';
import { newEvents } from '../../../test/support/new-event.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { countEvents, type CountEventsQuery } from './count-events.js';
import { MemoryEventLog } from './event-log.memory.js';
import { TextSearch } from './text-search.js';

describe('countEvents', () => {
  it.each([2_000, 3_600_000])(
    'has all events in its buckets when its clock is %d ms behind that of the log',
    async (behind) => {
      const clock = new ManualClock();
      const log = new MemoryEventLog(100, clock);
      await log.open();
      await log.append(newEvents(3));
      clock.advance(1_000);
      await log.append(newEvents(4));
      const now = clock.now() - behind;
      for (const since of [undefined, now - 900_000]) {
        for (const q of [undefined, 'tests']) {
          expect(await sums(log, { now, since, search: new TextSearch({ q }) })).toEqual({
            total: 7,
            inBuckets: 7,
          });
        }
      }
    },
  );
});

async function sums(
  log: MemoryEventLog,
  query: Pick<CountEventsQuery, 'now' | 'since' | 'search'>,
): Promise<{ total: number; inBuckets: number }> {
  const { total, time } = (await countEvents(log, {
    by: ['time'],
    buckets: 5,
    filter: EventFilter.ALL,
    visible: EventFilter.ALL,
    ...query,
  })) as { total: number; time: { buckets: { info: number }[] } };
  return { total, inBuckets: time.buckets.reduce((sum, { info }) => sum + info, 0) };
}
