import { Module, type DynamicModule } from '@nestjs/common';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import { RedisStreamReader } from '../redis/stream-reader.js';
import { InstanceBus } from './instance-bus.js';
import { MemoryInstanceBus } from './instance-bus.memory.js';
import { RedisInstanceBus } from './instance-bus.redis.js';

/** How one instance reaches the others. */
@Module({})
export class InstancesModule {
  /** There are no others. */
  static embedded(): DynamicModule {
    return {
      module: InstancesModule,
      providers: [{ provide: InstanceBus, useClass: MemoryInstanceBus }],
      exports: [InstanceBus],
    };
  }

  /** They share a Redis. */
  static shared(): DynamicModule {
    return {
      module: InstancesModule,
      imports: [RedisModule],
      providers: [
        {
          provide: InstanceBus,
          useFactory: async (client: RedisClient, reader: RedisStreamReader, logger: Logger) => {
            const bus = new RedisInstanceBus(client, reader, logger);
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
