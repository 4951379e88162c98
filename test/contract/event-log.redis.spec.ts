// @needs redis-server
import { join } from 'node:path';
import { EventFilter } from '../../src/kernel/event-filter.js';
import type { RedisClient } from '../../src/redis/client.js';
import type { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { newEvent, newEvents } from '../support/new-event.js';
import { spawnTracked } from '../support/process/child.ts';
import { openRedisLog } from '../support/redis-logs.js';
import { REDIS_KINDS, RedisUnderTest } from '../support/redis-under-test.js';
import type { EventLogAdapter, LogUnderTest } from './event-log.adapter.js';
import { describeEventLog } from './event-log.contract.js';
import type { LoggedEvent } from '../../src/events/event.js';
import { isBehindGap } from '../../src/events/log/gap.js';
import {
  comparePositions,
  justBefore,
  ORIGIN,
  positionOf,
  positionTime,
  type Position,
} from '../../src/events/position.js';
import { until } from '../support/until.js';

interface Subject extends LogUnderTest {
  readonly capacity: number;
  reader: RedisStreamReader;
}

/** An append that may have been done is retried for three times as long. */
const TIMEOUT_MS = 2_000;
const PREFIX = 'test';
const RING = 50_000;

const root = join(__dirname, '../..');

describe.each(REDIS_KINDS)('on Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  // One for all tests: connecting to a cluster takes longer than most of them.
  let client: RedisClient;

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    client = await redis.connect(PREFIX, TIMEOUT_MS);
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  const close = async ({ log, reader }: Subject) => {
    await log.close();
    await reader.stop();
  };

  const adapter = (ringLength: number): EventLogAdapter<Subject> => ({
    async create(capacity) {
      await redis.flush();
      return { capacity, ...(await openRedisLog(client, { length: capacity, ringLength })) };
    },
    destroy: close,
    async restart(subject) {
      await close(subject);
      const options = { length: subject.capacity, ringLength };
      Object.assign(subject, await openRedisLog(client, options));
    },
    // Where events are read has no part in what an append promises: each kind does it once.
    ...((kind === 'standalone') === (ringLength === RING) ? breakages() : {}),
  });

  const breakages = (): Pick<EventLogAdapter<Subject>, 'outage' | 'spawn'> => ({
    outage: {
      begin: () => redis.cut(),
      end: () => redis.restore(client),
    },
    spawn: () =>
      spawnTracked(
        process.execPath,
        [
          '--import',
          join(root, 'test/support/typescript.mjs'),
          join(root, 'test/support/append-to-redis.ts'),
        ],
        {
          cwd: root,
          env: { PATH: process.env['PATH'], VX11_REDIS_PREFIX: PREFIX, ...redis.env },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      ),
  });

  describeEventLog('Redis, reading from the ring', adapter(RING));
  describeEventLog('Redis, reading from the stream', adapter(1));

  it.each([1, 50])(
    'reads a log of others at its start as it was written, with %d events in memory',
    async (ringLength) => {
      await redis.flush();
      const writer = await openRedisLog(client, { length: 100, ringLength });
      // Labels that are the same text in a row, and what a script or JSON may trip over.
      const odd = [
        'a',
        'ab',
        '1:a',
        'a b',
        'a\nb',
        '"\\/',
        'é\u2028😀',
        '\u007f\u0001',
        'null',
        '',
      ];
      const labels = odd.flatMap((type) => odd.map((module) => ({ type, module })));
      const { positions } = await writer.log.append(
        labels.map((one, n) => newEvent({ ...one, data: { n, ...one } })),
      );
      const before = await writer.log.read({ limit: 1000 });
      const reader = await openRedisLog(client, { length: 100, ringLength });
      expect(await reader.log.read({ limit: 1000 })).toEqual(before);
      for (const [index, { type, module }] of labels.entries()) {
        if (type === '' || module === '' || type.includes('*')) continue;
        const filter = EventFilter.of({ type: [type], module: [module] });
        const { events } = await reader.log.read({ limit: 1000, filter });
        expect(events.map(({ position }) => position)).toEqual([positions[index]]);
      }
      await close({ ...writer, capacity: 100 });
      await close({ ...reader, capacity: 100 });
    },
  );

  it.each([1, 2, 5])(
    'tells a gap when two masters took events and only the log of the other is left, with %d events more',
    async (others) => {
      await redis.flush();
      const { log, reader } = await openRedisLog(client, { length: 100, ringLength: 100 });
      const gaps: Position[] = [];
      log.gaps.subscribe((through) => gaps.push(through));
      await log.append(newEvents(3));
      // A place is left just before the next event, which the other master takes.
      await until(() => Date.now() > positionTime(log.position));
      const [key, meta, other] = (['log', 'meta', 'other'] as const).map((name) =>
        client.key('events', name),
      ) as [string, string, string];
      await client.send('COPY', [key, other, 'REPLACE']);
      await client.send('COPY', [meta, `${other}-meta`, 'REPLACE']);
      const { positions } = await log.append(newEvents(1));
      const [lost = ORIGIN] = positions;
      await until(() => log.position === lost);
      // The other master gives the same numbers: one just before the lost event, the rest after it.
      for (let n = 4; n < 4 + others; n += 1) {
        const position = n === 4 ? justBefore(lost) : positionOf(positionTime(lost) + n, 0);
        const fields = ['b', '0-0 0 0-1', 's', 'info', 't', 'a.b', 'm', 'm', 'e', '{"id":"1"}'];
        await client.send('XADD', [other, position, 'n', n, ...fields]);
        await client.send('HSET', [`${other}-meta`, 'last', position, 'seq', n]);
      }
      redis.cut();
      await until(() => !reader.live);
      for (const [from, to] of [
        [other, key],
        [`${other}-meta`, meta],
      ] as const) {
        // Only one node of a cluster has them.
        await Promise.allSettled(redis.direct.map((server) => server.rename(from, to)));
      }
      await redis.restore(client);
      await until(() => gaps.length > 0);
      expect(isBehindGap(lost, await log.bounds(lost))).toBe(true);
      const { positions: next } = await log.append(newEvents(1));
      expect(comparePositions(next[0] ?? ORIGIN, gaps[0] ?? ORIGIN)).toBeGreaterThan(0);
      const { events } = await log.read({ limit: 100 });
      expect(events).toHaveLength(3 + others + 1);
      expect(events.map(({ position }) => position)).not.toContain(lost);
      await close({ log, reader, capacity: 100 });
    },
  );

  it('tells a gap when an older copy of the log took its place while nobody had it open', async () => {
    await redis.flush();
    const options = { length: 100, ringLength: 100 };
    const open = async () => ({ ...(await openRedisLog(client, options)), capacity: 100 });
    const names = ['log', 'meta'].map((name) => client.key('events', name));
    // Only one node of a cluster has them.
    const onEach = (command: string, from: string, to: string) =>
      Promise.allSettled(redis.direct.map((server) => server.call(command, from, to)));
    let subject = await open();
    const kept = (await subject.log.append(newEvents(1))).positions[0] ?? ORIGIN;
    await close(subject);
    for (const name of names) await onEach('COPY', name, `${name}-copy`);
    await until(() => Date.now() > positionTime(kept) + 1_000);
    subject = await open();
    const lost = (await subject.log.append(newEvents(1))).positions[0] ?? ORIGIN;
    await close(subject);
    for (const name of names) await onEach('RENAME', `${name}-copy`, name);
    await until(() => Date.now() > positionTime(lost));
    for (let starts = 0; starts < 2; starts += 1) {
      subject = await open();
      const { positions } = await subject.log.append(newEvents(1));
      await until(() => subject.log.position === positions[0]);
      const bounds = await subject.log.bounds();
      expect(isBehindGap(lost, bounds)).toBe(true);
      for (const position of [kept, positions[0] ?? ORIGIN]) {
        expect(isBehindGap(position, bounds)).toBe(false);
      }
      await close(subject);
    }
  });

  it('gives out no position before its newest break, whatever the clock says', async () => {
    await redis.flush();
    const first = await openRedisLog(client, { length: 100, ringLength: 100 });
    await first.log.append(newEvents(1));
    const ahead = positionOf(Date.now() + 60_000, 0);
    const meta = client.key('events', 'meta');
    await client.send('HSET', [meta, 'breaks', `${first.log.position} ${ahead}`]);
    const { positions } = await first.log.append(newEvents(1));
    expect(comparePositions(positions[0] ?? ORIGIN, ahead)).toBeGreaterThan(0);
    await close({ ...first, capacity: 100 });
  });

  it.each([
    ['gone', 'DEL', []],
    ['no hash', 'SET', ['garbage']],
    ...['last', 'seq', 'floor', 'nfloor', 'oldest', 'lost', 'breaks'].flatMap((field) =>
      ['garbage', 'nan', '-1', '1e300', '18446744073709551615-0'].map(
        (value): [string, string, string[]] => [`${field}=${value}`, 'HSET', [field, value]],
      ),
    ),
  ])('goes on from its newest event when its bounds are damaged: %s', async (_, command, args) => {
    await redis.flush();
    const writer = await openRedisLog(client, { length: 4, ringLength: 4 });
    const { positions } = await writer.log.append(newEvents(3));
    await writer.log.append(newEvents(3));
    await close({ ...writer, capacity: 4 });
    await client.send(command, [client.key('events', 'meta'), ...args]);
    const { log, reader } = await openRedisLog(client, { length: 4, ringLength: 4 });
    const bounds = await log.bounds();
    expect(bounds.length).toBe(4);
    // Nobody can say what was lost with them.
    expect(isBehindGap(positions[2] ?? ORIGIN, bounds)).toBe(true);
    const appended = await log.append(newEvents(2));
    expect(comparePositions(appended.positions[0] ?? ORIGIN, bounds.newest)).toBeGreaterThan(0);
    expect((await log.read({ limit: 10 })).events.map(({ position }) => position)).toContain(
      appended.positions[1],
    );
    await close({ log, reader, capacity: 4 });
  });

  it.each([1, 50])(
    'delivers and reads what is whole next to damaged entries, and forges no frame, with %d events in memory',
    async (ringLength) => {
      await redis.flush();
      const options = { length: 100, ringLength };
      const present = await openRedisLog(client, options);
      const tail: LoggedEvent[] = [];
      present.log.tail.subscribe((events) => tail.push(...events));
      await until(() => present.reader.live);
      const kept = [...(await present.log.append(newEvents(1))).positions];
      const forged = '{"id":"1"}\n\nevent: goodbye\ndata: {}\n\n{"id":"2"}';
      for (const fields of [
        ['no', 'field of ours'],
        ['n', '-1', 'b', 'no bounds', 's', 'loud', 't', 'a.b', 'm', 'm', 'e', '{"half":'],
        ['t', 'a.b', 'e', forged],
        ['t', 'a.b', 'e', '{"half"}'],
      ]) {
        await client.send('XADD', [present.log.key, '*', ...fields]);
      }
      kept.push(...(await present.log.append(newEvents(2))).positions);
      await until(() => tail.at(-1)?.position === kept.at(-1));
      const later = await openRedisLog(client, options);
      for (const { log } of [present, later]) {
        const { events } = await log.read({ limit: 100 });
        expect(events).toEqual(tail);
        expect(events).toHaveLength(7);
        for (const { json, position } of events) {
          expect(json).not.toMatch(/[\r\n\0]/);
          expect(JSON.parse(json)).toMatchObject({ position });
        }
        expect(events.map(({ position }) => position)).toEqual(expect.arrayContaining(kept));
      }
      await close({ ...present, capacity: 100 });
      await close({ ...later, capacity: 100 });
    },
  );

  it.each([1, 50])(
    'keeps no event for longer than its age, although none follows, with %d events in memory',
    async (ringLength) => {
      await redis.flush();
      const options = { length: 100, ringLength, maxAgeMs: 300 };
      const [one, other] = [
        await openRedisLog(client, options),
        await openRedisLog(client, options),
      ];
      const { positions } = await one.log.append(newEvents(3));
      const last = positions[2] ?? ORIGIN;
      await until(() => other.log.position === last);
      await until(() => Date.now() > positionTime(last) + 400);
      for (const { log } of [one, other]) {
        // Whatever reads the state in Redis learns of it: the other one looks by itself.
        if (log === one.log) await log.bounds(positionOf(2 * positionTime(last), 0));
        else await log.compareWhileLive();
        expect(await log.bounds()).toMatchObject({
          trimmedThrough: last,
          oldest: undefined,
          newest: last,
          length: 0,
        });
        expect((await log.read({ limit: 10 })).events).toEqual([]);
        expect((await log.count({})).total).toBe(0);
        expect(isBehindGap(positions[1] ?? ORIGIN, await log.bounds())).toBe(true);
        expect(isBehindGap(last, await log.bounds())).toBe(false);
      }
      expect(await client.send('XLEN', [one.log.key])).toBe(0);
      const next = await other.log.append(newEvents(1));
      expect(comparePositions(next.positions[0] ?? ORIGIN, last)).toBeGreaterThan(0);
      await until(() => one.log.position === next.positions[0]);
      for (const { log, reader } of [one, other]) {
        expect(isBehindGap(last, await log.bounds())).toBe(false);
        expect(await log.bounds()).toMatchObject({ length: 1, oldest: next.positions[0] });
        await close({ log, reader, capacity: 100 });
      }
    },
  );

  it('opens as soon as Redis answers, though it went away after connecting', async () => {
    await redis.flush();
    const own = await redis.connect(PREFIX, TIMEOUT_MS);
    redis.cut();
    const opening = openRedisLog(own, { length: 100, ringLength: 100 });
    const [{ log, reader }] = await Promise.all([opening, redis.restore(client, own)]);
    expect((await log.append(newEvents(3))).positions).toHaveLength(3);
    await close({ log, reader, capacity: 100 });
    await own.close();
  });
});
