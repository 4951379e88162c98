import {
  Controller,
  Get,
  Header,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Registry } from 'prom-client';
import { backendUrls } from '../config/addresses.js';
import type { Config } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { Environment } from '../config/environment.js';
import { BuildInfo } from '../health/build-info.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { Outbox } from './neighbour-outbox.js';
import { SelfReport } from './neighbour-report.js';
import { PlatformModule } from './platform.module.js';

/** Milliseconds that publishing the last events may take at shutdown. */
const CLOSE_TIMEOUT_MS = 2_000;
const NAME = Symbol('neighbour');

@Controller()
class NeighbourController {
  constructor(
    @Inject(NAME) private readonly name: string,
    private readonly build: BuildInfo,
    private readonly registry: Registry,
  ) {}

  @Header('Cache-Control', 'no-store')
  @Get(['health', 'livez', 'readyz'])
  health(): object {
    return { status: 'ok', service: this.name, version: this.build.version };
  }

  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Get('metrics')
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}

class NeighbourLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly report: SelfReport,
    private readonly outbox: Outbox,
    private readonly seconds: number,
  ) {}

  onApplicationBootstrap(): void {
    this.outbox.add(this.report.started());
    this.timer = setInterval(() => this.outbox.add(this.report.load()), this.seconds * 1000);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    // A service that did not start has published nothing.
    if (!this.timer) return;
    clearInterval(this.timer);
    this.outbox.add(this.report.stopping());
    await this.outbox.close(CLOSE_TIMEOUT_MS);
  }
}

export interface NeighbourParts {
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly token: string;
  readonly version: string;
}

/** A neighbour service: a placeholder for a team's own service. */
@Module({})
export class NeighbourModule {
  static with({ name, config, logger, token, version }: NeighbourParts): DynamicModule {
    const registry = new Registry();
    return {
      module: NeighbourModule,
      imports: [
        ConfigModule.for(config),
        PlatformModule.with(logger),
        MetricsModule.forApp(name, version, registry),
      ],
      controllers: [NeighbourController],
      providers: [
        { provide: NAME, useValue: name },
        { provide: BuildInfo, useValue: new BuildInfo(version) },
        { provide: Registry, useValue: registry },
        {
          provide: NeighbourLife,
          useFactory: (environment: Environment, log: Logger) =>
            new NeighbourLife(
              new SelfReport(name, version),
              new Outbox({ urls: backendUrls(environment), token, logger: log }),
              environment.VX11_NEIGHBOUR_REPORT_SECONDS,
            ),
          inject: [Environment, LOGGER],
        },
      ],
    };
  }
}
