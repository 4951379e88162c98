import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Environment } from '../config/environment.js';
import { SystemEvents } from '../events/announce/system-events.js';
import type { Probed } from '../http/probe.js';
import { Leader } from '../instances/leader.js';
import { Clock } from '../kernel/clock.js';
import { StoreHealth } from './store-health.js';
import { ServiceWatch } from './service-watch.js';
import { ServicesController } from './services.controller.js';
import { looks } from './services.js';

@Injectable()
class ServiceWatching implements OnApplicationBootstrap {
  constructor(private readonly watch: ServiceWatch) {}

  onApplicationBootstrap(): void {
    void this.watch.tick();
  }

  @Interval(500)
  async tick(): Promise<void> {
    await this.watch.tick();
  }
}

/** For operator-backend: probes the seven services, lists them, and publishes each change as an event. */
@Module({})
export class ServicesModule {
  /** @param imports provide StoreHealth, Leader and SystemEvents */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: ServicesModule,
      imports,
      controllers: [ServicesController],
      providers: [
        {
          provide: ServiceWatch,
          useFactory: (
            config: Environment,
            store: StoreHealth,
            leader: Leader,
            events: SystemEvents,
            clock: Clock,
          ) => {
            // This process need not probe itself: it runs, and only its store can fail. The
            // store's health also says more about Redis than a PING would: events get through.
            const throughStore = async (): Promise<Probed> =>
              (await store.check())
                ? { up: true, ms: store.delayMs ?? 0 }
                : { up: false, ms: 0, why: 'timeout' };
            return new ServiceWatch(
              looks(config, { 'operator-backend': throughStore, redis: throughStore }),
              clock,
              async ({ name, status, latencyMs, afterMs }) => {
                if (!(await leader.isLeader())) return;
                await events.service(name, status, { latency_ms: latencyMs, after_ms: afterMs });
              },
            );
          },
          inject: [Environment, StoreHealth, Leader, SystemEvents, Clock],
        },
        ServiceWatching,
      ],
    };
  }
}
