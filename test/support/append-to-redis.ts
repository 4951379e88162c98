import { loadConfig } from '../../src/config/config.js';
import { RedisEventLog } from '../../src/events/log/redis/event-log.redis.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { RedisClient } from '../../src/redis/client.js';
import { RedisStreamReader } from '../../src/redis/stream-reader.js';
import { redisSettings } from '../../src/redis/settings.js';
import { appendForever } from './append-forever.js';

const quiet = { info: () => {}, warn: () => {} };

const client = new RedisClient(redisSettings(loadConfig()), quiet);
await client.connect();
const reader = new RedisStreamReader(client, quiet);
const log = new RedisEventLog(
  client,
  reader,
  { length: 200_000, maxAgeMs: 0, ringLength: 1000, replicas: 0 },
  new SystemClock(),
  quiet,
);
// A reader that finds the log not open yet tries again.
reader.start();
await appendForever(log);
