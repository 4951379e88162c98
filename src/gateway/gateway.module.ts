import {
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Revocations } from '../auth/revocations.js';
import { Environment } from '../config/environment.js';
import type { HopKeys } from '../http/hop-keys.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { Forwarder } from './forwarder.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { GatewayController } from './gateway.controller.js';
import { OpenStreams } from './open-streams.js';
import { Upstreams } from './upstreams.js';

@Injectable()
class GatewayLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly upstreams: Upstreams,
    private readonly streams: OpenStreams,
    private readonly metrics: GatewayMetrics,
    private readonly revocations: Revocations,
    private readonly config: Environment,
  ) {}

  onApplicationBootstrap(): void {
    const backends = this.upstreams['operator-backend'];
    this.metrics.watch({
      streams: () => this.streams.size,
      upstreams: () => backends.upstreams.length,
      upstreamsUp: () => backends.up,
    });
    this.upstreams.start();
    this.revocations.revoked.subscribe((principalId) => this.streams.endOf(principalId));
  }

  /** Nest closes the server after this hook; with open streams, closing would never finish. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.streams.drain(this.config.VX11_DRAIN_SECONDS);
    this.upstreams.stop();
  }
}

/** The public entry: path table, pools, forwarding. Needs GatewayMetrics. */
@Module({})
export class GatewayModule {
  /**
   * @param imports provide Revocations
   * @param hopKeys keys that sign requests, by service name
   */
  static with(
    imports: NonNullable<DynamicModule['imports']>,
    hopKeys: ReadonlyMap<string, HopKeys>,
  ): DynamicModule {
    return {
      module: GatewayModule,
      imports,
      controllers: [GatewayController],
      providers: [
        OpenStreams,
        Upstreams,
        {
          provide: Forwarder,
          useFactory: (
            streams: OpenStreams,
            metrics: GatewayMetrics,
            config: Environment,
            logger: Logger,
          ) =>
            new Forwarder(
              streams,
              metrics,
              {
                bodyBytes: config.VX11_GATEWAY_BODY_BYTES,
                answerMs: config.VX11_GATEWAY_UPSTREAM_SECONDS * 1000,
              },
              logger,
              hopKeys,
            ),
          inject: [OpenStreams, GatewayMetrics, Environment, LOGGER],
        },
        GatewayLifecycle,
      ],
      exports: [OpenStreams, Upstreams],
    };
  }
}
