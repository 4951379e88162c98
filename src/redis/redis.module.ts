import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from './client.js';
import { redisSettings } from './settings.js';
import { RedisStreamReader } from './stream-reader.js';

/** The two connections to Redis: one for commands, one for the blocking reads of streams. */

@Module({
  providers: [
    {
      provide: RedisClient,
      useFactory: async (config: Environment, logger: Logger) => {
        const client = new RedisClient(redisSettings(config), logger);
        await client.connect();
        return client;
      },
      inject: [Environment, LOGGER],
    },
    {
      provide: RedisStreamReader,
      useFactory: (client: RedisClient, logger: Logger) => new RedisStreamReader(client, logger),
      inject: [RedisClient, LOGGER],
    },
  ],
  exports: [RedisClient, RedisStreamReader],
})
export class RedisModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly client: RedisClient,
    private readonly reader: RedisStreamReader,
  ) {}

  /** All providers exist by now, so every stream to read has been added. */
  onApplicationBootstrap(): void {
    this.reader.start();
  }

  /** `close` waits for the answers to commands that were sent. */
  async onApplicationShutdown(): Promise<void> {
    await this.reader.stop();
    await this.client.close();
  }
}
