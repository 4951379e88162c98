import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AuditFeed } from '../audit/audit-feed.js';
import { SecurityEvents } from '../auth/security-events.js';
import { Environment } from '../config/environment.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { Leader } from '../instances/leader.js';
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { Watch } from './watch.js';
import { WatchMetrics } from './watch-metrics.js';

const TICK_MS = 2_000;

@Injectable()
class WatchSchedule {
  constructor(private readonly watch: Watch) {}

  @Interval(TICK_MS)
  tick(): Promise<void> {
    return this.watch.tick();
  }
}

/** Suspicious patterns. */
@Module({})
export class WatchModule {
  /** @param imports provide AuditFeed, InstanceBus, Leader and SecurityEvents */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: WatchModule,
      imports,
      providers: [
        {
          provide: Watch,
          useFactory: (
            config: Environment,
            feed: AuditFeed,
            bus: InstanceBus,
            leader: Leader,
            security: SecurityEvents,
            metrics: WatchMetrics,
            clock: Clock,
            logger: Logger,
          ) => {
            const thresholds = {
              failures: config.VX11_WATCH_FAILURES,
              replays: config.VX11_WATCH_REPLAYS,
              fallbackAddresses: config.VX11_WATCH_FALLBACK_ADDRESSES,
              unusedTokens: config.VX11_WATCH_UNUSED_TOKENS,
              adminActs: config.VX11_WATCH_ADMIN_ACTS,
            };
            const { recorded } = feed;
            return new Watch(thresholds, recorded, bus, leader, security, metrics, clock, logger);
          },
          inject: [
            Environment,
            AuditFeed,
            InstanceBus,
            Leader,
            SecurityEvents,
            WatchMetrics,
            Clock,
            LOGGER,
          ],
        },
        WatchSchedule,
      ],
    };
  }
}
