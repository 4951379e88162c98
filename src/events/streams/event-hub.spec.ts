import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { NoEventMetrics } from '../../../test/support/no-event-metrics.js';
import type { FakeResponse } from '../../../test/support/fake-response.js';
import { fakeStream } from '../../../test/support/fake-stream.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { newEvent } from '../../../test/support/new-event.js';
import { EventFilter, type FilterSpec } from '../../kernel/event-filter.js';
import { createLogger } from '../../kernel/logger.js';
import { EventHub } from './event-hub.js';
import { MemoryEventLog } from '../log/event-log.memory.js';
import type { LoggedEvent } from '../event.js';
import { NoEventTracing } from '../event-tracing.js';
import { comparePositions, justAfter, type Position } from '../position.js';
import type { Stream } from './stream.js';

/** Counts deliveries and gaps, and ignores all other metrics. */
class Deliveries extends NoEventMetrics {
  total = 0;
  gaps = 0;

  override delivered(frames: number, sockets: number): void {
    this.total += frames * sockets;
  }

  override gap(): void {
    this.gaps += 1;
  }
}

interface Watcher {
  readonly stream: Stream;
  readonly res: FakeResponse;
  readonly filter: EventFilter;
  readonly after: Position;
  /** The newest position when the stream ended; undefined while it is open. */
  left: Position | undefined;
}

/** A log whose tests can report a gap; the memory log never loses an event by itself. */
class LossyEventLog extends MemoryEventLog {
  override readonly gaps = new Subject<Position>();
}

/** One for all: each logger listens for errors of standard output. */
const logger = createLogger({ service: 't', level: 'fatal', pretty: false });

async function room() {
  const clock = new ManualClock();
  const log = new LossyEventLog(10_000, clock);
  await log.open();
  const metrics = new Deliveries();
  const hub = new EventHub(log, metrics, new NoEventTracing(), clock, logger);
  hub.start();
  const all: LoggedEvent[] = [];
  log.tail.subscribe((events) => void all.push(...events));
  const watch = (spec: FilterSpec): Watcher => {
    const filter = EventFilter.of(spec);
    const { res, stream } = fakeStream(filter);
    const after = hub.position;
    expect(hub.attach(stream, after)).toBe(true);
    return { stream, res, filter, after, left: undefined };
  };
  const publish = (modules: readonly string[]) =>
    log.append(modules.map((module) => newEvent({ module })));
  return { clock, log, hub, metrics, all, watch, publish };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      publish: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      join: fc.constantFrom<FilterSpec>({}, { module: ['a'] }, { module: ['a', 'b'] }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ prune: true as const }) },
  { weight: 2, arbitrary: fc.constant({ turn: true as const }) },
);

describe('the hub', () => {
  afterEach(() => void jest.useRealTimers());

  it('delivers each matching event to each stream once and in order, from its joining to its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { hub, all, watch, publish } = await room();
        const watchers: Watcher[] = [];
        for (const one of steps) {
          if ('publish' in one) await publish(one.publish);
          else if ('join' in one) watchers.push(watch(one.join));
          else if ('leave' in one) {
            const open = watchers.filter(({ left }) => left === undefined);
            const gone = open[one.leave % Math.max(1, open.length)];
            if (gone) {
              gone.left = hub.position;
              gone.stream.finish('client');
            }
          } else if ('prune' in one) hub.prune();
          else await turn();
        }
        // Every filter of this test matches this event, so it is the last one that each stream gets.
        await publish(['a']);
        const end = hub.position;
        const staying = watchers.filter(({ left }) => left === undefined);
        await Promise.all(staying.map(({ res }) => res.has(end)));
        hub.stop();
        for (const { res, filter, after, left } of watchers) {
          const from = all.findIndex(({ position }) => position === after) + 1;
          const expected = all
            .slice(from)
            .filter((event) => filter.matches(event))
            .map(({ position }) => position);
          const got = res.ids();
          // An ended stream has received a prefix of the events; an open one has received all.
          expect(got).toEqual(left === undefined ? expected : expected.slice(0, got.length));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('counts deliveries to open sockets only', async () => {
    const { hub, metrics, watch, publish } = await room();
    const [stays, leaves] = [watch({}), watch({})];
    leaves.stream.finish('client');
    await publish(['a', 'b']);
    await stays.res.has(hub.position);
    hub.stop();
    expect(stays.res.ids()).toHaveLength(2);
    await turn();
    expect(metrics.total).toBe(2);
  });

  it('sends one gap frame to each stream, in order with the events, and does not count it as a delivery', async () => {
    const { log, hub, metrics, watch, publish } = await room();
    const watchers = [watch({}), watch({ module: ['a'] })];
    await publish(['a']);
    const before = hub.position;
    log.gaps.next(justAfter(before));
    await publish(['a']);
    const after = hub.position;
    await Promise.all(watchers.map(({ res }) => res.has(after)));
    hub.stop();
    await turn();
    for (const { res } of watchers) {
      expect(res.text.match(/^id: .*|^event: .*/gm)).toEqual([
        `id: ${before}`,
        'event: gap',
        `id: ${after}`,
      ]);
      const oldest = /"oldest":"([^"]+)"/.exec(res.text)?.[1] ?? '';
      expect(comparePositions(oldest, before)).toBeGreaterThan(0);
    }
    expect([metrics.total, metrics.gaps]).toEqual([4, 2]);
  });

  it('refuses to attach a stream across a gap from its recent events', async () => {
    const { log, hub, publish } = await room();
    await publish(['a']);
    const before = hub.position;
    await publish(['a']);
    log.gaps.next(justAfter(hub.position));
    const { stream } = fakeStream(EventFilter.of({}));
    expect(hub.attach(stream, before)).toBe(false);
    expect(hub.attach(stream, hub.position)).toBe(true);
    hub.stop();
  });

  it('sends a late stream the events it missed, and refuses one that is too far behind', async () => {
    const { log, hub, all, publish } = await room();
    await publish(['a', 'b', 'c']);
    const { res, stream } = fakeStream(EventFilter.of({ module: ['a', 'c'] }));
    expect(hub.attach(stream, '0-0')).toBe(true);
    expect(res.ids()).toEqual([all[0]!.position, all[2]!.position]);
    for (let n = 0; n < 100; n += 1) await publish(Array.from({ length: 100 }, () => 'b'));
    expect((await log.bounds()).length).toBe(10_000);
    expect(hub.attach(stream, '0-0')).toBe(false);
    hub.stop();
  });

  it('writes a rare event at once, and frequent events once per period', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { clock, hub, watch, publish } = await room();
    const { res } = watch({});
    const pass = (ms: number) => {
      clock.advance(ms);
      jest.advanceTimersByTime(ms);
    };
    await publish(['a']);
    expect(res.writes).toHaveLength(1);
    await publish(['b']);
    pass(5);
    await publish(['c']);
    expect(res.writes).toHaveLength(1);
    pass(100);
    expect(res.writes).toHaveLength(2);
    expect(res.ids()).toHaveLength(3);
    pass(100);
    await publish(['d']);
    expect(res.writes).toHaveLength(3);
    hub.stop();
  });

  it('spends at most half of the time on writing: a slow round delays the next one', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { clock, hub, watch, publish } = await room();
    const watchers = Array.from({ length: 4 }, () => watch({}));
    for (const { res } of watchers) res.on('written', () => clock.advance(25));
    const [first, last] = [watchers[0]!.res, watchers[3]!.res];
    await publish(['a']);
    await last.has(hub.position);
    await turn();
    await publish(['b']);
    jest.advanceTimersByTime(99);
    expect(first.writes).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(first.writes).toHaveLength(2);
    await last.has(hub.position);
    await turn();
    hub.stop();
  });

  it('yields within a round, and gives events that arrive meanwhile to the members still to come', async () => {
    const { clock, hub, watch, publish } = await room();
    const watchers = Array.from({ length: 40 }, () => watch({}));
    for (const { res } of watchers) res.on('written', () => clock.advance(1));
    const [first, last] = [watchers[0]!.res, watchers[39]!.res];
    await publish(['a']);
    // The round has written to some members, and has yielded to the event loop.
    expect([first.ids().length, last.ids().length]).toEqual([1, 0]);
    await publish(['b']);
    await last.has(hub.position);
    expect([first.ids().length, last.ids().length]).toEqual([1, 2]);
    hub.stop();
  });
});
