import fc from 'fast-check';
import type { ReadQuery } from '../../src/events/log/event-log.js';
import { placeEvent, type LoggedEvent, type NewEvent } from '../../src/events/event.js';
import { comparePositions, ORIGIN, type Position } from '../../src/events/position.js';
import { EventFilter } from '../../src/kernel/event-filter.js';
import { newEvent } from '../support/new-event.js';
import { follow } from './event-log.acceptance.js';
import type { EventLogAdapter, LogUnderTest } from './event-log.adapter.js';

const CAPACITY = 20;
const MINUTES_10 = 10 * 60_000;

const types = fc.constantFrom('a', 'a.b', 'a.bc', 'a_b', 'b');
const modules = fc.constantFrom('x', 'y', 'z');
const severities = fc.constantFrom('info', 'warn', 'error');

const batch = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 30 }).map(String),
    source: fc.constantFrom('s', 't'),
    type: types,
    module: modules,
    severity: severities,
    deduplicate: fc.boolean(),
  }),
  { maxLength: 6 },
);
const filter = fc
  .array(
    fc.record(
      {
        type: fc.array(
          fc.oneof(
            types,
            types.map((type) => `${type}*`),
          ),
          { maxLength: 2 },
        ),
        module: fc.array(modules, { maxLength: 2 }),
        severity: fc.array(severities, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  )
  .map((specs) => EventFilter.of(...specs));
/** Of the positions given so far, or somewhere near one. */
const place = fc.option(
  fc.record({ index: fc.nat(200), off: fc.constantFrom(0, 0, 1, 9_999_999_999) }),
  {
    nil: undefined,
  },
);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ append: fc.array(batch, { minLength: 1, maxLength: 3 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      read: fc.record({
        after: place,
        before: place,
        filter,
        limit: fc.integer({ min: 1, max: 12 }),
        take: fc.constantFrom('oldest', 'newest'),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ advance: fc.constantFrom(1, 1000, MINUTES_10 - 1, MINUTES_10) }),
  },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
);

/** The log as simply as it can be said: everything ever taken, and a list of ids. */
class Model {
  readonly all: LoggedEvent[] = [];
  trimmedThrough: Position = ORIGIN;
  private readonly seen = new Map<string, number>();
  private now = 0;

  /** Which of these are taken. */
  take(events: readonly NewEvent[]): boolean[] {
    return events.map(({ source, id, deduplicate }) => {
      if (!deduplicate) return true;
      const at = this.seen.get(`${source} ${id}`);
      if (at !== undefined && this.now - at < MINUTES_10) return false;
      this.seen.set(`${source} ${id}`, this.now);
      return true;
    });
  }

  advance(ms: number): void {
    this.now += ms;
  }

  get held(): LoggedEvent[] {
    return this.all.filter(({ position }) => comparePositions(position, this.trimmedThrough) > 0);
  }

  range({ after = ORIGIN, before }: ReadQuery): LoggedEvent[] {
    return this.held.filter(
      ({ position }) =>
        comparePositions(position, after) > 0 &&
        (before === undefined || comparePositions(position, before) < 0),
    );
  }

  position(at: { index: number; off: number } | undefined): Position | undefined {
    const event = at && this.all[at.index % Math.max(1, this.all.length)];
    if (!event) return undefined;
    const [ms, seq] = event.position.split('-').map(Number);
    return `${ms}-${Math.min((seq ?? 0) + at.off, 9_999_999_999)}`;
  }
}

export function describeModel<T extends LogUnderTest>(adapter: EventLogAdapter<T>): void {
  it('does what a naive model does, whatever is appended, read and trimmed, over time and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const subject = await adapter.create(CAPACITY);
        try {
          await run(adapter, subject, steps);
        } finally {
          await adapter.destroy(subject);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function run<T extends LogUnderTest>(
  adapter: EventLogAdapter<T>,
  subject: T,
  steps: readonly Step[],
): Promise<void> {
  const model = new Model();
  let tail = follow(subject.log);
  let tailFrom = 0;
  for (const wish of steps) {
    if ('append' in wish) {
      // A log as small as this one may let go of what its tail has not read: that is a gap, not a fault.
      await tail.until(model.all.length - tailFrom);
      await append(subject, model, wish.append);
    } else if ('read' in wish) {
      const { after, before, ...rest } = wish.read;
      await read(subject, model, {
        ...rest,
        take: rest.take === 'newest' ? 'newest' : 'oldest',
        after: model.position(after),
        before: model.position(before),
      });
    } else if ('advance' in wish) {
      if (!adapter.clock) continue;
      model.advance(wish.advance);
      await adapter.clock.advance(subject, wish.advance);
    } else if (adapter.restart) {
      await tail.until(model.all.length - tailFrom);
      await adapter.restart(subject);
      tail = follow(subject.log);
      tailFrom = model.all.length;
    }
    await bounds(adapter, subject, model);
  }
  await tail.until(model.all.length - tailFrom);
  expect(tail.events).toEqual(model.all.slice(tailFrom));
}

async function append(
  subject: LogUnderTest,
  model: Model,
  wishes: readonly (readonly Parameters<typeof newEvent>[0][])[],
): Promise<void> {
  const calls = wishes.map((events) => events.map((event) => newEvent(event)));
  const results = await Promise.all(calls.map((events) => subject.log.append(events)));
  for (const [index, events] of calls.entries()) {
    const taken = model.take(events);
    const { positions = [], duplicates } = results[index] ?? {};
    expect(positions.map((position) => position !== undefined)).toEqual(taken);
    expect(duplicates).toBe(taken.filter((was) => !was).length);
    for (const [n, event] of events.entries()) {
      const position = positions[n];
      if (position === undefined) continue;
      expect(comparePositions(position, model.all.at(-1)?.position ?? ORIGIN)).toBeGreaterThan(0);
      model.all.push(placeEvent(event, position));
    }
  }
}

async function read(subject: LogUnderTest, model: Model, query: ReadQuery): Promise<void> {
  const page = await subject.log.read(query);
  const range = model.range(query);
  const matching = range.filter((event) => query.filter?.matches(event) ?? true);
  const newest = query.take === 'newest';
  const expected = newest ? matching.slice(-query.limit) : matching.slice(0, query.limit);
  expect(page.events).toEqual(expected);
  if (expected.length === query.limit) {
    expect(page.through).toBe(expected.at(newest ? 0 : -1)?.position);
  } else if (newest) {
    const first = range[0]?.position ?? page.through;
    expect(comparePositions(page.through, first)).toBeLessThanOrEqual(0);
  } else {
    expect(page.through).toBe(range.at(-1)?.position ?? query.after ?? ORIGIN);
  }
}

async function bounds<T extends LogUnderTest>(
  adapter: EventLogAdapter<T>,
  subject: T,
  model: Model,
): Promise<void> {
  const { trimmedThrough, oldest, newest, length } = await subject.log.bounds();
  expect([ORIGIN, ...model.all.map(({ position }) => position)]).toContain(trimmedThrough);
  expect(comparePositions(trimmedThrough, model.trimmedThrough)).toBeGreaterThanOrEqual(0);
  model.trimmedThrough = trimmedThrough;
  expect({ oldest, newest, length }).toEqual({
    oldest: model.held[0]?.position,
    newest: model.all.at(-1)?.position ?? ORIGIN,
    length: model.held.length,
  });
  expect(length).toBeLessThanOrEqual(CAPACITY + (adapter.slack ?? 0));
}
