import type { Clock } from '../../../kernel/clock.js';
import type { RedisClient } from '../../../redis/client.js';
import { RedisUnavailable } from '../../../redis/unavailable.js';
import type { NewEvent } from '../../event.js';
import { RedisAppender } from './appender.js';

const TIMEOUT_MS = 1_000;

/** A way to Redis that has become silent: each command takes its timeout, and nothing else time. */
function silentRedis() {
  const redis = {
    timeoutMs: TIMEOUT_MS,
    sent: 0,
    key: (...parts: string[]) => parts.join(':'),
    async run() {
      redis.sent += 1;
      throw new RedisUnavailable(true, new Error('no answer'));
    },
  };
  const clock = { monotonic: () => redis.sent * TIMEOUT_MS };
  return { redis: redis as unknown as RedisClient & { sent: number }, clock: clock as Clock };
}

const event = (deduplicate: boolean): NewEvent => ({
  id: 'e1',
  source: '/test',
  type: 'test.append',
  severity: 'info',
  module: 'm',
  publisher: 'p',
  json: '{"id":"e1"}',
  deduplicate,
});

describe('an append on a way that has become silent', () => {
  async function attempts(events: readonly NewEvent[], advice: string): Promise<number> {
    const { redis, clock } = silentRedis();
    const appender = new RedisAppender(redis, { length: 10, maxAgeMs: 0, replicas: 0 }, clock);
    // Whoever sends the same ids again must know that they are taken once, and others that theirs are not.
    await expect(appender.append(events, '0-0')).rejects.toMatchObject({
      code: 'event_log_unavailable',
      message: expect.stringContaining(advice),
    });
    return redis.sent;
  }

  it('is given up soon where another instance may be asked with the same ids', async () => {
    expect(await attempts([event(true), event(true)], 'Send the same ids again')).toBe(2);
  });

  it('is repeated for longer where a second request would be a second event', async () => {
    expect(await attempts([event(true), event(false)], 'would be kept twice')).toBe(3);
  });
});
