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
