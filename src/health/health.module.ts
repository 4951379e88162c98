import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { BuildInfo } from './build-info.js';
import { EventLogIndicator, TrafficIndicator } from './health-indicators.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { HealthController } from './health.controller.js';
import { HealthMemory } from './health-memory.js';
import { SharedReadings } from './shared-readings.js';
import { StoreHealth, TICK_MS } from './store-health.js';
import { SummaryController } from './summary.controller.js';
import { INTERVAL_SEC, Summary } from './summary.js';
import { SummarySource } from './summary-source.js';

@Injectable()
class StoreWatch {
  constructor(private readonly stores: StoreHealth) {}

  @Interval(TICK_MS)
  watch(): Promise<void> {
    return this.stores.tick();
  }
}

@Injectable()
class SummarySampling implements OnApplicationBootstrap {
  constructor(
    private readonly source: SummarySource,
    private readonly all: SharedReadings,
    private readonly summary: Summary,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.sample();
  }

  @Interval(INTERVAL_SEC * 1000)
  async sample(): Promise<void> {
    const reading = await this.all.addUp(await this.source.read());
    this.summary.add(reading, this.all.instances);
  }
}

@Module({})
export class HealthModule {
  /**
   * @param historyFile keeps the history of the overview over a restart; undefined: nothing does
   * @param imports provide EventLog, InstanceBus, SystemEvents and TokenCache
   */
  static forBackend(
    version: string,
    historyFile: string | undefined,
    imports: NonNullable<DynamicModule['imports']>,
  ): DynamicModule {
    return {
      module: HealthModule,
      // Terminus would log every failed check; StoreHealth logs only the changes.
      imports: [TerminusModule.forRoot({ logger: false }), ...imports],
      controllers: [HealthController, SummaryController],
      providers: [
        { provide: BuildInfo, useValue: new BuildInfo(version) },
        StoreHealth,
        TrafficIndicator,
        EventLogIndicator,
        StoreWatch,
        Summary,
        SharedReadings,
        SummarySampling,
        {
          provide: HealthMemory,
          useFactory: (logger: Logger) => new HealthMemory(historyFile, logger),
          inject: [LOGGER],
        },
      ],
      exports: [StoreHealth, Summary, SharedReadings, HealthMemory],
    };
  }
}
