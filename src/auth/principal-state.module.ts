import { Global, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { join } from 'node:path';
import { Environment } from '../config/environment.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from '../redis/client.js';
import { MemoryRateLimit } from './rate-limit.memory.js';
import { RedisRateLimit } from './rate-limit.redis.js';
import { RateLimit } from './rate-limit.js';
import { FileRevocations } from './revocations.file.js';
import { RedisRevocations } from './revocations.redis.js';
import { Revocations } from './revocations.js';

/** Milliseconds between two looks at what is revoked, should a message ever be lost. */
const REFRESH_MS = 10_000;

@Injectable()
class RevocationsRefresh {
  constructor(private readonly revocations: RedisRevocations) {}

  @Interval(REFRESH_MS)
  refresh(): Promise<void> {
    return this.revocations.refresh();
  }
}

/** What the instances must agree on about principals: who is revoked, who has had enough. */
@Global()
@Module({})
export class PrincipalStateModule {
  /** Of this instance alone; who is revoked, in a file under the data directory. */
  static embedded(): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        {
          provide: Revocations,
          useFactory: (config: Environment) =>
            new FileRevocations(join(config.VX11_DATA_DIR, 'revoked.json')),
          inject: [Environment],
        },
        { provide: RateLimit, useClass: MemoryRateLimit },
      ],
      exports: [Revocations, RateLimit],
    };
  }

  /** Of all instances, in Redis. */
  static shared(): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        {
          provide: RedisRevocations,
          useFactory: async (redis: RedisClient, bus: InstanceBus, logger: Logger) => {
            const revocations = new RedisRevocations(redis, bus, logger);
            await revocations.open();
            return revocations;
          },
          inject: [RedisClient, InstanceBus, LOGGER],
        },
        { provide: Revocations, useExisting: RedisRevocations },
        RevocationsRefresh,
        {
          provide: RateLimit,
          useFactory: (redis: RedisClient) => new RedisRateLimit(redis),
          inject: [RedisClient],
        },
      ],
      exports: [Revocations, RateLimit],
    };
  }
}
