import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { join } from 'node:path';
import { SecurityEvents } from '../auth/security-events.js';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { EventLog } from './event-log.js';
import { SqliteEventLog } from './event-log.sqlite.js';
import { StreamMetrics } from './stream-metrics.js';
import { SystemEvents } from './system-events.js';

/** The log, and the system's own events in it. */
@Global()
@Module({})
export class EventLogModule implements OnApplicationShutdown {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  /** One SQLite file under the data directory. */
  static embedded(): DynamicModule {
    return {
      module: EventLogModule,
      providers: [
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
        {
          provide: SystemEvents,
          useFactory: (log: EventLog, metrics: StreamMetrics, clock: Clock, logger: Logger) =>
            new SystemEvents(log, metrics, clock, logger),
          inject: [EventLog, StreamMetrics, Clock, LOGGER],
        },
        { provide: SecurityEvents, useExisting: SystemEvents },
      ],
      exports: [EventLog, SystemEvents, SecurityEvents],
    };
  }

  /** Last of all: what was accepted until then is kept. */
  async onApplicationShutdown(): Promise<void> {
    await this.log.close();
  }
}
