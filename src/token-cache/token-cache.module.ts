import { Module, type DynamicModule } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import { Keyring } from './keyring.js';
import type { TokenLimits } from './token-budget.js';
import { LayeredTokenCache } from './token-cache.layered.js';
import { TokenCacheMetrics } from './token-cache-metrics.js';
import { RedisTokenCache } from './token-cache.redis.js';
import { MemoryTokenCache } from './token-cache.memory.js';
import { TokenCache } from './token-cache.js';

@Module({})
export class TokenCacheModule {
  /** Tokens of this process alone. */
  static embedded(keyring: Keyring): DynamicModule {
    return {
      module: TokenCacheModule,
      providers: [
        { provide: Keyring, useValue: keyring },
        {
          provide: TokenCache,
          useFactory: (clock: Clock, config: Environment) =>
            new MemoryTokenCache(clock, limitsOf(config)),
          inject: [Clock, Environment],
        },
      ],
      exports: [TokenCache, Keyring],
    };
  }

  /** Tokens of all instances in Redis, with a layer of this one's memory in front. */
  static shared(instances: DynamicModule, keyring: Keyring): DynamicModule {
    return {
      module: TokenCacheModule,
      imports: [RedisModule, instances],
      providers: [
        { provide: Keyring, useValue: keyring },
        {
          provide: TokenCache,
          useFactory: (
            redis: RedisClient,
            bus: InstanceBus,
            clock: Clock,
            metrics: TokenCacheMetrics,
            config: Environment,
            logger: Logger,
          ) =>
            new LayeredTokenCache(
              new RedisTokenCache(redis, clock, limitsOf(config), keyring, logger),
              bus,
              clock,
              metrics,
            ),
          inject: [RedisClient, InstanceBus, Clock, TokenCacheMetrics, Environment, LOGGER],
        },
      ],
      exports: [TokenCache, Keyring],
    };
  }
}

function limitsOf(config: Environment): TokenLimits {
  return { count: config.VX11_TOKEN_CACHE_MAX, bytes: config.VX11_TOKEN_CACHE_BYTES };
}
