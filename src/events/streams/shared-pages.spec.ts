import fc from 'fast-check';
import { fakeStream } from '../../../test/support/fake-stream.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { newEvent } from '../../../test/support/new-event.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { KeyedSemaphore } from '../../kernel/semaphore.js';
import type { Page, ReadQuery } from '../log/event-log.js';
import { MemoryEventLog } from '../log/event-log.memory.js';
import { ORIGIN, type Position } from '../position.js';
import { REPLAY_PAGE, SharedPages } from './shared-pages.js';

class CountingLog extends MemoryEventLog {
  begun = 0;

  override async read(query: ReadQuery): Promise<Page> {
    this.begun += 1;
    return super.read(query);
  }
}

async function room(length = 10_000) {
  const clock = new ManualClock();
  const log = new CountingLog(length, clock);
  await log.open();
  const pages = new SharedPages(log, new KeyedSemaphore(8), 100, clock);
  const publish = async (count: number) => {
    const modules = Array.from({ length: count }, (_, n) => newEvent({ module: `m${n % 2}` }));
    const { positions } = await log.append(modules);
    return positions as Position[];
  };
  /** Follows the pages to their end, as a replay does; returns the ids that it would write. */
  const follow = async (filter: EventFilter, from: Position) => {
    const { stream } = fakeStream(filter);
    const ids: string[] = [];
    let after = from;
    for (;;) {
      const page = await pages.after(stream, after);
      const text = page.frames.map(({ body }) => body.toString()).join('');
      const written = [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id as string);
      expect(written).toHaveLength(page.count);
      ids.push(...written);
      if (!page.full) return ids;
      after = page.through;
    }
  };
  return { clock, log, pages, publish, follow };
}

describe('shared pages', () => {
  it('cost one read for each page, however many clients miss the same events', async () => {
    const { log, publish, follow } = await room();
    const positions = await publish(5 * REPLAY_PAGE);
    const results = await Promise.all(
      Array.from({ length: 200 }, () => follow(EventFilter.ALL, ORIGIN)),
    );
    for (const ids of results) expect(ids).toEqual(positions);
    // Five full pages, each read once. The empty end changes, so each client reads it.
    expect(log.begun).toBe(5 + 200);
  });

  it('are found by clients whose last events differ', async () => {
    const { log, publish, follow } = await room();
    const positions = await publish(10 * REPLAY_PAGE + 50);
    await follow(EventFilter.ALL, ORIGIN);
    log.begun = 0;
    for (let n = 0; n < 100; n += 1) {
      expect(await follow(EventFilter.ALL, positions[n] as Position)).toEqual(
        positions.slice(n + 1),
      );
    }
    // Only the last page, which is not full, is read again.
    expect(log.begun).toBe(100);
  });

  it('are kept for seconds, also where nobody asks for them', async () => {
    const { clock, pages, publish, follow } = await room();
    clock.advance(1);
    await publish(2 * REPLAY_PAGE);
    await follow(EventFilter.ALL, ORIGIN);
    const { stream } = fakeStream(EventFilter.ALL);
    expect(pages.kept(stream, ORIGIN)?.count).toBe(REPLAY_PAGE);
    clock.advance(11_000);
    pages.sweep();
    expect(pages.kept(stream, ORIGIN)?.count).toBeUndefined();
  });

  it('hold what the filter matches, in order and once, while events are published and trimmed', async () => {
    const step = fc.record({
      publish: fc.integer({ min: 0, max: 2 * REPLAY_PAGE }),
      from: fc.nat(),
      module: fc.constantFrom(undefined, 'm0', 'm1'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { log, publish, follow } = await room();
        const all: Position[] = [];
        for (const one of steps) {
          all.push(...(await publish(one.publish)));
          const index = all.length === 0 ? 0 : one.from % all.length;
          const filter = EventFilter.of(one.module === undefined ? {} : { module: [one.module] });
          const after = all[index] ?? ORIGIN;
          const { events } = await log.read({ after, filter, limit: 10_000 });
          expect(await follow(filter, after)).toEqual(events.map(({ position }) => position));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('share one snapshot until an event is published', async () => {
    const { log, pages, publish } = await room();
    const [, second] = await publish(2);
    const { stream } = fakeStream(EventFilter.ALL);
    const first = await pages.snapshot(stream);
    expect(first.newest).toBe(second);
    expect(await pages.snapshot(stream)).toBe(first);
    expect(log.begun).toBe(1);
    await publish(1);
    expect((await pages.snapshot(stream)).frame).not.toBe(first.frame);
  });
});
