import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { TokenStreams } from '../../auth/token-streams.js';
import { closeHalfOpen } from '../../http/half-open.js';
import { Leader } from '../../instances/leader.js';
import { LOGGER, type Logger } from '../../kernel/logger.js';
import { StreamDrain } from './drain.js';
import { EventHub } from './event-hub.js';
import { RemoteCounts } from './remote-counts.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamAdminController } from './stream-admin.controller.js';
import { StreamCensus } from './stream-census.js';
import { StreamController } from './stream.controller.js';
import { StreamCounts } from './stream-counts.js';
import { StreamDirectory } from './stream-directory.js';
import { StreamRegistry } from './stream-registry.js';
import { StreamService } from './stream-service.js';

/** Starts the fan-out before the first request, and ends all streams before the server closes. */
@Injectable()
class StreamLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopLooking = () => {};

  constructor(
    private readonly hub: EventHub,
    private readonly streams: StreamService,
    private readonly census: StreamCensus,
    private readonly drain: StreamDrain,
    private readonly registry: StreamRegistry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.hub.start();
    this.stopLooking = closeHalfOpen(() => this.registry.sockets(), this.logger);
  }

  @Interval(1_000)
  async beat(): Promise<void> {
    this.streams.beat();
    await this.census.broadcast();
  }

  /** Nest closes the server after this hook; with open streams, closing would never finish. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.run();
    this.stopLooking();
    await this.census.leave();
    this.hub.stop();
  }
}

/** Open streams: their admission, fan-out, replay, administration and end. */
@Module({})
export class StreamsModule {
  /** @param imports provide EventLog, PrincipalReads, SystemEvents, InstanceBus, PrincipalRights, AuditTrail, TokenVerifier, EphemeralTokens */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: StreamsModule,
      imports,
      controllers: [StreamController, StreamAdminController],
      providers: [
        StreamRegistry,
        { provide: StreamCounts, useExisting: StreamRegistry },
        StreamCensus,
        { provide: RemoteCounts, useExisting: StreamCensus },
        { provide: Leader, useExisting: StreamCensus },
        StreamAdmission,
        StreamDirectory,
        { provide: TokenStreams, useExisting: StreamDirectory },
        EventHub,
        StreamService,
        StreamDrain,
        StreamLifecycle,
      ],
      exports: [StreamCounts, TokenStreams, Leader],
    };
  }
}
