import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { InstanceBus } from './instance-bus.js';
import { MemoryInstanceBus } from './instance-bus.memory.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisInstanceBus } from './instance-bus.redis.js';
import { RedisClient } from '../redis/redis-client.js';
import { RedisStreamReader } from '../redis/stream-reader.js';
import { redisSettings } from '../redis/redis-settings.js';

/** One connection for commands, one for the blocking reads, and what starts and ends them. */
@Global()
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
class RedisModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(RedisClient) private readonly client: RedisClient,
    @Inject(RedisStreamReader) private readonly follower: RedisStreamReader,
  ) {}

  /** By now everybody who follows a stream has said so. */
  onApplicationBootstrap(): void {
    this.follower.start();
  }

  /** Commands under way are answered first. */
  async onApplicationShutdown(): Promise<void> {
    await this.follower.stop();
    await this.client.close();
  }
}

/** The way of one instance to the others. */
@Global()
@Module({})
export class InstancesModule {
  /** There are no others. */
  static alone(): DynamicModule {
    return {
      module: InstancesModule,
      providers: [{ provide: InstanceBus, useClass: MemoryInstanceBus }],
      exports: [InstanceBus],
    };
  }

  /** They share a Redis. */
  static onRedis(): DynamicModule {
    return {
      module: InstancesModule,
      imports: [RedisModule],
      providers: [
        {
          provide: InstanceBus,
          useFactory: async (client: RedisClient, follower: RedisStreamReader, logger: Logger) => {
            const bus = new RedisInstanceBus(client, follower, logger);
            await bus.open();
            return bus;
          },
          inject: [RedisClient, RedisStreamReader, LOGGER],
        },
      ],
      exports: [InstanceBus],
    };
  }
}
