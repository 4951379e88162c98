import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Environment } from '../config/environment.js';
import { EventLog } from '../events/event-log.js';
import { SystemEvents } from '../events/system-events.js';
import { timed } from '../http/probe.js';
import { Clock } from '../kernel/clock.js';
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

/** For operator-backend: watches all seven, lists them, publishes each change. */
@Module({
  controllers: [ServicesController],
  providers: [
    {
      provide: ServiceWatch,
      useFactory: (config: Environment, log: EventLog, events: SystemEvents, clock: Clock) => {
        // Of itself a process knows that it runs; what can fail is its store.
        const look = () => timed(async () => (await log.bounds()) !== undefined);
        return new ServiceWatch(
          looks(config, { service: 'operator-backend', look }),
          clock,
          ({ name, status, latencyMs, afterMs }) =>
            events.service(name, status, { latency_ms: latencyMs, after_ms: afterMs }),
        );
      },
      inject: [Environment, EventLog, SystemEvents, Clock],
    },
    ServiceWatching,
  ],
})
export class ServicesModule {}
