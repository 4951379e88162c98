// @needs redis-server
import { once } from 'node:events';
import type { RedisClient } from '../../src/redis/client.js';
import { RedisUnderTest, REDIS_KINDS } from '../support/redis-under-test.js';

describe.each(REDIS_KINDS)('the way to Redis, %s', (kind) => {
  let redis: RedisUnderTest;
  let client: RedisClient;

  beforeAll(async () => {
    redis = await RedisUnderTest.start(kind);
    client = await redis.connect();
  });
  afterAll(async () => {
    await client.close();
    await redis.stop();
  });

  it('is sought again when the library gives it up for good', async () => {
    const connection = client.forLibraries;
    const back = once(connection, 'ready');
    connection.disconnect();
    await once(connection, 'end');
    expect(client.connected).toBe(false);
    await back;
    expect(await client.send('EXISTS', [client.key('any')])).toBe(0);
  });

  it('stays closed once it was closed', async () => {
    const own = await redis.connect();
    const ended = once(own.forLibraries, 'end');
    await own.close();
    await ended;
    expect(own.connected).toBe(false);
    await expect(own.send('EXISTS', [own.key('any')])).rejects.toThrow(/not connected|closed/i);
    expect(own.forLibraries.status).toBe('end');
  });
});
