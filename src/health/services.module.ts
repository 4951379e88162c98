import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Environment } from '../config/environment.js';
import { SystemEvents } from '../events/announce/system-events.js';
import type { Probed } from '../http/probe.js';
import { Leader } from '../instances/leader.js';
import { Clock } from '../kernel/clock.js';
import { HealthMemory } from './health-memory.js';
import { SharedReadings } from './shared-readings.js';
import { StoreHealth } from './store-health.js';
import { Summary } from './summary.js';
import { ServiceWatch } from './service-watch.js';
import { ServicesController } from './services.controller.js';
import { looks } from './services.js';

/** A crash loses this much of the overview's history at most, milliseconds. */
const REMEMBER_MS = 10_000;
/** A restart that takes no longer leaves the other services' states as they were, milliseconds. */
const SHORT_MS = 120_000;

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

/** Keeps the history of the overview over restarts, and notices that the last process crashed. */
@Injectable()
class HealthRemembering implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private crashedAt: number | undefined;

  constructor(
    private readonly memory: HealthMemory,
    private readonly summary: Summary,
    private readonly readings: SharedReadings,
    private readonly watch: ServiceWatch,
    private readonly events: SystemEvents,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const remembered = this.memory.read();
    if (!remembered) return;
    const last = remembered.readings.at(-1);
    if (last) this.readings.restore(last);
    this.summary.restore(remembered.readings, this.clock.now());
    // Of a longer time nothing is known. And this process was down, and is up now: that is news.
    if (this.clock.now() - remembered.at < SHORT_MS) {
      this.watch.remember(remembered.services.filter(({ name }) => name !== 'operator-backend'));
    }
    if (!remembered.isClean) this.crashedAt = remembered.at;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.keep();
    if (this.crashedAt === undefined) return;
    await this.events.service('operator-backend', 'down', {
      reason: 'crash',
      last_seen: new Date(this.crashedAt).toISOString(),
      after_ms: this.clock.now() - this.crashedAt,
    });
  }

  @Interval(REMEMBER_MS)
  keep(isClean = false): void {
    const [at, readings, services] = [this.clock.now(), this.summary.all, this.watch.known()];
    this.memory.write({ at, isClean, readings, services });
  }

  onApplicationShutdown(): void {
    this.keep(true);
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
        HealthRemembering,
      ],
    };
  }
}
