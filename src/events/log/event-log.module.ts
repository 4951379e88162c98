import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { join } from 'node:path';
import { Environment } from '../../config/environment.js';
import { RedisClient } from '../../redis/client.js';
import { RedisModule } from '../../redis/redis.module.js';
import { RedisStreamReader } from '../../redis/stream-reader.js';
import { Clock } from '../../kernel/clock.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { EventLog } from './event-log.js';
import { PrincipalReads } from './principal-reads.js';
import { RedisEventLog } from './redis/event-log.redis.js';
import { SqliteEventLog } from './sqlite/event-log.sqlite.js';

/** Milliseconds between two comparisons with the store. */
const COMPARE_MS = 2_000;

/** Finds out what Redis has lost or trimmed even while no new event arrives. */
@Injectable()
class LogComparison {
  constructor(private readonly log: RedisEventLog) {}

  @Interval(COMPARE_MS)
  compare(): Promise<void> {
    return this.log.compareWhileLive();
  }
}

/** The event log. */
@Module({})
export class EventLogModule implements OnApplicationShutdown {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  /** One SQLite file under the data directory. */
  static embedded(): DynamicModule {
    return EventLogModule.of([
      {
        provide: EventLog,
        useFactory: async (clock: Clock, config: Environment, logger: Logger) => {
          const log = new SqliteEventLog({
            file: join(config.VX11_DATA_DIR, 'events.sqlite'),
            length: config.VX11_EVENT_LOG_LENGTH,
            ringLength: config.VX11_EVENT_RING_LENGTH,
            clock,
            logger,
          });
          await log.open();
          return log;
        },
        inject: [Clock, Environment, LOGGER],
      },
    ]);
  }

  /** One Redis stream that all instances share. */
  static shared(): DynamicModule {
    return EventLogModule.of(
      [
        {
          provide: RedisEventLog,
          useFactory: async (
            redis: RedisClient,
            reader: RedisStreamReader,
            config: Environment,
            clock: Clock,
            logger: Logger,
          ) => {
            const log = new RedisEventLog(
              redis,
              reader,
              {
                length: config.VX11_EVENT_LOG_LENGTH,
                maxAgeMs: config.VX11_EVENT_LOG_MAX_AGE * 1000,
                ringLength: config.VX11_EVENT_RING_LENGTH,
                replicas: config.VX11_REDIS_REPLICAS,
              },
              clock,
              logger,
            );
            await log.open();
            return log;
          },
          inject: [RedisClient, RedisStreamReader, Environment, Clock, LOGGER],
        },
        { provide: EventLog, useExisting: RedisEventLog },
        LogComparison,
      ],
      [RedisModule],
    );
  }

  private static of(providers: Provider[], imports: DynamicModule['imports'] = []): DynamicModule {
    return {
      module: EventLogModule,
      imports,
      providers: [...providers, PrincipalReads],
      exports: [EventLog, PrincipalReads],
    };
  }

  /** Nest calls this hook last, so events that are accepted until then are kept. */
  async onApplicationShutdown(): Promise<void> {
    await this.log.close();
  }
}
