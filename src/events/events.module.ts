import {
  Global,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Environment } from '../config/environment.js';
import { Revocations } from '../auth/revocations.js';
import { TokenStreams } from '../auth/token-streams.js';
import { Clock } from '../kernel/clock.js';
import { InstanceBus } from '../instances/instance-bus.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { EventHub } from './streams/event-hub.js';
import { EventIntake } from './intake/event-intake.js';
import { EventLog } from './log/event-log.js';
import { EventsController } from './intake/events.controller.js';
import { IntakeController } from './intake/intake.controller.js';
import { StreamCensus } from './streams/stream-census.js';
import { StreamController } from './streams/stream.controller.js';
import { StreamDirectory } from './streams/stream-directory.js';
import { StreamMetrics } from './streams/stream-metrics.js';
import { StreamRegistry } from './streams/stream-registry.js';
import { StreamService } from './streams/stream-service.js';
import { StreamAdminController } from './streams/stream-admin.controller.js';
import { SystemEvents } from './announce/system-events.js';

/** Starts the fan-out before the first request, and ends the streams before the server stops. */
@Injectable()
class StreamLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly hub: EventHub,
    private readonly streams: StreamService,
    private readonly census: StreamCensus,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.hub.start();
  }

  @Interval(1_000)
  async beat(): Promise<void> {
    this.streams.beat();
    await this.census.say();
  }

  /** Nest closes the server only after this; with open streams that would never end. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.streams.drain();
    await this.census.leave();
    this.hub.stop();
  }
}

@Global()
@Module({
  controllers: [StreamController, EventsController, IntakeController, StreamAdminController],
  providers: [
    {
      provide: StreamRegistry,
      useFactory: (config: Environment) =>
        new StreamRegistry({
          total: config.VX11_STREAMS_MAX,
          perPrincipal: config.VX11_STREAMS_PER_PRINCIPAL,
        }),
      inject: [Environment],
    },
    {
      provide: StreamCensus,
      useFactory: (registry: StreamRegistry, bus: InstanceBus, clock: Clock, logger: Logger) =>
        new StreamCensus(registry, bus, clock, logger),
      inject: [StreamRegistry, InstanceBus, Clock, LOGGER],
    },
    {
      provide: StreamDirectory,
      useFactory: (
        registry: StreamRegistry,
        census: StreamCensus,
        bus: InstanceBus,
        revocations: Revocations,
      ) => new StreamDirectory(registry, census, bus, revocations),
      inject: [StreamRegistry, StreamCensus, InstanceBus, Revocations],
    },
    { provide: TokenStreams, useExisting: StreamDirectory },
    {
      provide: EventHub,
      useFactory: (log: EventLog, metrics: StreamMetrics, clock: Clock, logger: Logger) =>
        new EventHub(log, metrics, clock, logger),
      inject: [EventLog, StreamMetrics, Clock, LOGGER],
    },
    {
      provide: EventIntake,
      useFactory: (log: EventLog, metrics: StreamMetrics) => new EventIntake(log, metrics),
      inject: [EventLog, StreamMetrics],
    },
    {
      provide: StreamService,
      useFactory: (
        log: EventLog,
        hub: EventHub,
        registry: StreamRegistry,
        metrics: StreamMetrics,
        events: SystemEvents,
        clock: Clock,
        logger: Logger,
        config: Environment,
      ) => new StreamService(log, hub, registry, metrics, events, clock, logger, config),
      inject: [
        EventLog,
        EventHub,
        StreamRegistry,
        StreamMetrics,
        SystemEvents,
        Clock,
        LOGGER,
        Environment,
      ],
    },
    StreamLifecycle,
  ],
  exports: [StreamRegistry, StreamCensus, TokenStreams],
})
export class EventsModule {}
