import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { EventLog } from '../events/event-log.js';
import { SystemEvents } from '../events/system-events.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { BuildInfo } from './build-info.js';
import { HealthController } from './health.controller.js';
import { StoreHealth } from './store-health.js';

@Injectable()
class StoreWatch {
  constructor(private readonly stores: StoreHealth) {}

  @Interval(5_000)
  async watch(): Promise<void> {
    await this.stores.check();
  }
}

@Module({})
export class HealthModule {
  static forBackend(version: string): DynamicModule {
    return {
      module: HealthModule,
      // Terminus would log each failing probe; StoreHealth logs the change.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        { provide: BuildInfo, useValue: new BuildInfo(version) },
        {
          provide: StoreHealth,
          useFactory: (log: EventLog, events: SystemEvents, clock: Clock, logger: Logger) =>
            new StoreHealth(log, events, clock, logger),
          inject: [EventLog, SystemEvents, Clock, LOGGER],
        },
        StoreWatch,
      ],
    };
  }
}
