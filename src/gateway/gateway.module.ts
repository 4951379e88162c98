import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { PrincipalRights } from '../auth/principal-rights.js';
import { Environment } from '../config/environment.js';
import { closeHalfOpen } from '../http/half-open.js';
import type { HopKeys } from '../http/hop-keys.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { Readiness } from '../kernel/readiness.js';
import { Forwarder } from './forwarder.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { GatewayController } from './gateway.controller.js';
import { OpenStreams } from './open-streams.js';
import { Trunks } from './trunks.js';
import { Upstreams } from './upstreams.js';

/** Share of the drain window in which a probed gateway keeps serving. */
const NOTICE_SHARE = 0.2;
/**
 * Share of the drain window after which the gateway closes an idle connection to a
 * service. A service that shuts down closes its idle connections after a fifth of its
 * window; being sooner, the gateway sends no request on a connection that is just ending.
 */
const IDLE_SHARE = 0.15;

/** Milliseconds after which the gateway's own probes have seen which instances shut down. */
const PROBED_MS = 1_500;

@Injectable()
class GatewayLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopLooking = () => {};

  constructor(
    private readonly upstreams: Upstreams,
    private readonly streams: OpenStreams,
    private readonly trunks: Trunks,
    private readonly metrics: GatewayMetrics,
    private readonly rights: PrincipalRights,
    private readonly readiness: Readiness,
    private readonly config: Environment,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const backends = this.upstreams['operator-backend'];
    this.metrics.watch({
      streams: () => this.streams.size,
      upstreams: () => backends.upstreams.length,
      upstreamsUp: () => backends.up,
      waiting: () => backends.waiting,
      trunks: () => this.trunks.open,
    });
    this.rights.ended.subscribe((right) => this.streams.endOf(right));
    this.stopLooking = closeHalfOpen(
      () => [...this.streams.sockets(), ...this.trunks.sockets()],
      this.logger,
    );
    await this.upstreams.start();
  }

  /**
   * Nest closes the server after this hook; with open streams, closing would never finish. A
   * gateway that is still being probed first keeps serving, new streams included, until the
   * load balancer has seen that it is not ready.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const seconds = this.config.VX11_DRAIN_SECONDS;
    this.readiness.leave();
    const isProbed = this.readiness.isProbed;
    if (isProbed) await delay(seconds * 1000 * NOTICE_SHARE);
    await this.streams.drain(seconds * (1 - NOTICE_SHARE), isProbed ? 0 : PROBED_MS);
    this.stopLooking();
    this.upstreams.stop();
  }
}

/** The public entry: path table, pools, forwarding. Needs GatewayMetrics. */
@Module({})
export class GatewayModule {
  /**
   * @param imports provide PrincipalRights
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
          provide: Trunks,
          useFactory: (config: Environment, logger: Logger) =>
            new Trunks(
              config.VX11_GATEWAY_TRUNKS ? hopKeys.get('operator-backend') : undefined,
              logger,
            ),
          inject: [Environment, LOGGER],
        },
        {
          provide: Forwarder,
          useFactory: (
            streams: OpenStreams,
            readiness: Readiness,
            metrics: GatewayMetrics,
            config: Environment,
            logger: Logger,
            trunks: Trunks,
          ) =>
            new Forwarder(
              streams,
              trunks,
              readiness,
              metrics,
              {
                bodyBytes: config.VX11_GATEWAY_BODY_BYTES,
                answerMs: config.VX11_GATEWAY_UPSTREAM_SECONDS * 1000,
                waitMs: config.VX11_GATEWAY_WAIT_SECONDS * 1000,
                idleMs: config.VX11_DRAIN_SECONDS * 1000 * IDLE_SHARE,
              },
              logger,
              hopKeys,
            ),
          inject: [OpenStreams, Readiness, GatewayMetrics, Environment, LOGGER, Trunks],
        },
        GatewayLifecycle,
      ],
      exports: [OpenStreams, Upstreams],
    };
  }
}
