import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { register } from 'prom-client';
import { EventLog } from '../events/event-log.js';
import { SystemEvents } from '../events/system-events.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { BuildInfo } from './build-info.js';
import { HealthController } from './health.controller.js';
import { StoreHealth } from './store-health.js';
import { SummaryController } from './summary.controller.js';
import { INTERVAL_SEC, Summary } from './summary.js';
import { PrometheusSummarySource } from './summary-source.prometheus.js';
import { SummarySource } from './summary-source.js';

@Injectable()
class StoreWatch {
  constructor(private readonly stores: StoreHealth) {}

  @Interval(5_000)
  async watch(): Promise<void> {
    await this.stores.check();
  }
}

@Injectable()
class SummarySampling implements OnApplicationBootstrap {
  constructor(
    private readonly source: SummarySource,
    private readonly summary: Summary,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.sample();
  }

  @Interval(INTERVAL_SEC * 1000)
  async sample(): Promise<void> {
    this.summary.add(await this.source.read());
  }
}

@Module({})
export class HealthModule {
  static forBackend(version: string): DynamicModule {
    return {
      module: HealthModule,
      // Terminus would log each failing probe; StoreHealth logs the change.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, SummaryController],
      providers: [
        { provide: BuildInfo, useValue: new BuildInfo(version) },
        {
          provide: StoreHealth,
          useFactory: (log: EventLog, events: SystemEvents, clock: Clock, logger: Logger) =>
            new StoreHealth(log, events, clock, logger),
          inject: [EventLog, SystemEvents, Clock, LOGGER],
        },
        StoreWatch,
        Summary,
        {
          provide: SummarySource,
          useFactory: (clock: Clock) => new PrometheusSummarySource(register, clock),
          inject: [Clock],
        },
        SummarySampling,
      ],
    };
  }
}
