import { SystemClock } from '../../src/kernel/clock.js';
import { RedisEventLog } from '../../src/events/log/redis/event-log.redis.js';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { quiet } from './redis-under-test.js';

/** An open log over a connection, as one instance has it, with the reader that feeds it. */
export interface RedisLog {
  readonly log: RedisEventLog;
  readonly reader: RedisStreamReader;
}

export async function openRedisLog(
  client: RedisClient,
  options: { length: number; ringLength: number; replicas?: number; maxAgeMs?: number },
): Promise<RedisLog> {
  const reader = new RedisStreamReader(client, quiet);
  const log = new RedisEventLog(
    client,
    reader,
    { maxAgeMs: 0, replicas: 0, ...options },
    new SystemClock(),
    quiet,
  );
  await log.open();
  reader.start();
  return { log, reader };
}
