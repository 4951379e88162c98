import { Module, type DynamicModule } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import { LayeredTokenCache } from './token-cache.layered.js';
import { TokenCacheMetrics } from './token-cache-metrics.js';
import { RedisTokenCache } from './token-cache.redis.js';
import { MemoryTokenCache } from './token-cache.memory.js';
import { TokenCache } from './token-cache.js';

@Module({})
export class TokenCacheModule {
  /** Tokens of this process alone. */
  static embedded(): DynamicModule {
    return {
      module: TokenCacheModule,
      providers: [
        {
          provide: TokenCache,
          useFactory: (clock: Clock, config: Environment) =>
            new MemoryTokenCache(clock, config.VX11_TOKEN_CACHE_MAX),
          inject: [Clock, Environment],
        },
      ],
      exports: [TokenCache],
    };
  }

  /** Tokens of all instances in Redis, with a layer of this one's memory in front. */
  static shared(instances: DynamicModule): DynamicModule {
    return {
      module: TokenCacheModule,
      imports: [RedisModule, instances],
      providers: [
        {
          provide: TokenCache,
          useFactory: (
            redis: RedisClient,
            bus: InstanceBus,
            clock: Clock,
            metrics: TokenCacheMetrics,
            config: Environment,
          ) =>
            new LayeredTokenCache(
              new RedisTokenCache(redis, clock, config.VX11_TOKEN_CACHE_MAX),
              bus,
              clock,
              metrics,
            ),
          inject: [RedisClient, InstanceBus, Clock, TokenCacheMetrics, Environment],
        },
      ],
      exports: [TokenCache],
    };
  }
}
