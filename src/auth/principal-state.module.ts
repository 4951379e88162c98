import {
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { join } from 'node:path';
import { backendUrls } from '../config/addresses.js';
import { Environment } from '../config/environment.js';
import type { HopKeys } from '../http/hop-keys.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import type { Keyring } from '../token-cache/keyring.js';
import { MemoryRateLimit } from './rate-limit.memory.js';
import { RedisRateLimit } from './rate-limit.redis.js';
import { RateLimit } from './rate-limit.js';
import { FileRevocations } from './revocations.file.js';
import { HttpRevocations } from './revocations.http.js';
import { RedisRevocations } from './revocations.redis.js';
import { Revocations } from './revocations.js';

/** Milliseconds between two reads of all revocations, in case the bus lost a message. */
const REFRESH_MS = 10_000;

@Injectable()
class RevocationsFollowing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly revocations: HttpRevocations) {}

  onApplicationBootstrap(): Promise<void> {
    return this.revocations.start();
  }

  beforeApplicationShutdown(): void {
    this.revocations.stop();
  }
}

@Injectable()
class RevocationsRefresh {
  constructor(private readonly revocations: RedisRevocations) {}

  @Interval(REFRESH_MS)
  refresh(): Promise<void> {
    return this.revocations.refresh();
  }
}

/** What the instances must agree on about principals: revocations and rate limits. */
@Module({})
export class PrincipalStateModule {
  /** State of this instance alone; revocations in a file in the data directory. */
  static embedded(): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        {
          provide: Revocations,
          useFactory: (config: Environment, clock: Clock) =>
            new FileRevocations(join(config.VX11_DATA_DIR, 'revoked.json'), clock),
          inject: [Environment, Clock],
        },
        { provide: RateLimit, useClass: MemoryRateLimit },
      ],
      exports: [Revocations, RateLimit],
    };
  }

  /**
   * For a gateway: revocations as the backends stream them. It issues no tokens, so it limits nothing.
   * @param hop the keys that the backends know the gateway by
   */
  static followed(hop: HopKeys | undefined): DynamicModule {
    return {
      module: PrincipalStateModule,
      providers: [
        {
          provide: HttpRevocations,
          useFactory: (config: Environment, clock: Clock, logger: Logger) =>
            new HttpRevocations(
              {
                urls: backendUrls(config),
                graceMs: config.VX11_GATEWAY_REVOCATIONS_GRACE_SECONDS * 1000,
                headers: (url) => hop?.signOwn(url, Date.now()) ?? {},
              },
              clock,
              logger,
            ),
          inject: [Environment, Clock, LOGGER],
        },
        { provide: Revocations, useExisting: HttpRevocations },
        RevocationsFollowing,
      ],
      exports: [Revocations],
    };
  }

  /** State of all instances, in Redis. */
  static shared(instances: DynamicModule, keyring: Keyring): DynamicModule {
    return {
      module: PrincipalStateModule,
      imports: [RedisModule, instances],
      providers: [
        {
          provide: RedisRevocations,
          useFactory: async (
            redis: RedisClient,
            bus: InstanceBus,
            clock: Clock,
            logger: Logger,
          ) => {
            const revocations = new RedisRevocations(redis, bus, keyring, clock, logger);
            await revocations.open();
            return revocations;
          },
          inject: [RedisClient, InstanceBus, Clock, LOGGER],
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
