import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { join } from 'node:path';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { RedisClient } from '../redis/client.js';
import { RedisModule } from '../redis/redis.module.js';
import { AuditKey } from './audit-key.js';
import { AuditFeed } from './audit-feed.js';
import { AuditMetrics } from './audit-metrics.js';
import { AuditReader } from './audit-reader.js';
import { RedisAuditStore } from './audit-store.redis.js';
import { SqliteAuditStore } from './audit-store.sqlite.js';
import { AuditStore } from './audit-store.js';
import { AuditTrail } from './audit-trail.js';
import { AuditUpkeep } from './audit-upkeep.js';
import { ChainedAuditTrail } from './chained-audit-trail.js';

/** Milliseconds between two searches for chains to adopt and entries to remove. */
const UPKEEP_MS = 20_000;

@Injectable()
class AuditSchedule implements OnApplicationBootstrap {
  constructor(
    private readonly trail: ChainedAuditTrail,
    private readonly upkeep: AuditUpkeep,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.upkeep.run();
  }

  @Interval(1_000)
  tick(): void {
    this.trail.tick();
  }

  @Interval(UPKEEP_MS)
  run(): Promise<void> {
    return this.upkeep.run();
  }
}

/** Writes and reads the audit trail. */
@Module({})
export class AuditModule implements OnApplicationShutdown {
  constructor(@Inject(ChainedAuditTrail) private readonly trail: ChainedAuditTrail) {}

  /** One SQLite file under the data directory. */
  static embedded(key: AuditKey): DynamicModule {
    return AuditModule.of(key, {
      provide: AuditStore,
      useFactory: (config: Environment, logger: Logger) =>
        new SqliteAuditStore({ file: join(config.VX11_DATA_DIR, 'audit.sqlite'), logger }),
      inject: [Environment, LOGGER],
    });
  }

  /** One Redis stream that all instances share. */
  static shared(key: AuditKey): DynamicModule {
    return AuditModule.of(
      key,
      {
        provide: AuditStore,
        useFactory: (redis: RedisClient) => new RedisAuditStore(redis),
        inject: [RedisClient],
      },
      [RedisModule],
    );
  }

  private static of(
    key: AuditKey,
    store: Provider,
    imports: DynamicModule['imports'] = [],
  ): DynamicModule {
    return {
      module: AuditModule,
      imports,
      providers: [
        store,
        { provide: AuditKey, useValue: key },
        {
          provide: ChainedAuditTrail,
          useFactory: async (
            store: AuditStore,
            config: Environment,
            metrics: AuditMetrics,
            clock: Clock,
            logger: Logger,
          ) => {
            const form = { key, form: config.VX11_AUDIT_ADDRESS };
            const trail = new ChainedAuditTrail(store, form, metrics, clock, logger);
            await trail.open();
            return trail;
          },
          inject: [AuditStore, Environment, AuditMetrics, Clock, LOGGER],
        },
        { provide: AuditTrail, useExisting: ChainedAuditTrail },
        { provide: AuditReader, useExisting: ChainedAuditTrail },
        { provide: AuditFeed, useExisting: ChainedAuditTrail },
        {
          provide: AuditUpkeep,
          useFactory: (
            store: AuditStore,
            trail: ChainedAuditTrail,
            config: Environment,
            metrics: AuditMetrics,
            clock: Clock,
            logger: Logger,
          ) => {
            const { VX11_AUDIT_RETENTION_DAYS: days, VX11_AUDIT_MAX_ENTRIES: entries } = config;
            return new AuditUpkeep(store, trail, { days, entries }, metrics, clock, logger);
          },
          inject: [AuditStore, ChainedAuditTrail, Environment, AuditMetrics, Clock, LOGGER],
        },
        AuditSchedule,
      ],
      exports: [AuditTrail, AuditReader, AuditFeed, AuditKey],
    };
  }

  /** Nest calls this hook last, so what is recorded until then is kept. */
  async onApplicationShutdown(): Promise<void> {
    await this.trail.close();
  }
}
