import { Redis } from 'ioredis';

const CONNECT_MS = 5_000;

/**
 * What a Redis reports about itself: INFO as name → value. Managed services allow INFO, but
 * often not CONFIG. Its own connection, without retries.
 * @throws Error when it does not answer; the message holds no password
 */
export async function inspectRedis(url: string): Promise<ReadonlyMap<string, string>> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  // The rejection of `connect` only says that the connection is closed.
  redis.on('error', (error: Error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return factsOf(await redis.info());
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

function factsOf(info: string): ReadonlyMap<string, string> {
  return new Map(
    info
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}
