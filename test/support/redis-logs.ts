import { SystemClock } from '../../src/kernel/clock.js';
import { RedisEventLog } from '../../src/events/event-log.redis.js';
import type { RedisClient } from '../../src/redis/redis-client.js';
import { RedisFollower } from '../../src/redis/redis-follower.js';
import { quiet } from './redis-under-test.js';

/** An open log over a connection, as one instance has it, with the reader that feeds it. */
export interface RedisLog {
  readonly log: RedisEventLog;
  readonly follower: RedisFollower;
}

export async function openRedisLog(
  client: RedisClient,
  options: { length: number; ringLength: number; replicas?: number },
): Promise<RedisLog> {
  const follower = new RedisFollower(client, quiet);
  const log = new RedisEventLog(
    client,
    follower,
    { maxAgeMs: 0, replicas: 0, ...options },
    new SystemClock(),
    quiet,
  );
  await log.open();
  follower.start();
  return { log, follower };
}
