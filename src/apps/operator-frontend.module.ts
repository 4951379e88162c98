import { Controller, Get, Header, Module, Res, type DynamicModule } from '@nestjs/common';
import type { Response } from 'express';
import type { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { Environment } from '../config/environment.js';
import { ConfigModule } from '../config/config.module.js';
import { BuildInfo } from '../health/build-info.js';
import type { Logger } from '../kernel/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { PlatformModule } from './platform.module.js';

@Controller()
class OperatorFrontendController {
  constructor(
    private readonly build: BuildInfo,
    private readonly config: Environment,
  ) {}

  @Header('Cache-Control', 'no-store')
  @Get(['health', 'livez', 'readyz'])
  health(): object {
    return { status: 'ok', service: 'operator_frontend', version: this.build.version };
  }

  @Get()
  root(@Res() res: Response): void {
    res.redirect(302, `${this.config.VX11_PUBLIC_PATH}/operator/ui/`);
  }
}

export interface FrontendParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  readonly registry: Registry;
}

/** operator-frontend: serves static files and its own health; uses no other service. */
@Module({})
export class OperatorFrontendModule {
  static with({ config, logger, version, registry }: FrontendParts): DynamicModule {
    return {
      module: OperatorFrontendModule,
      imports: [
        ConfigModule.for(config),
        PlatformModule.with(logger),
        MetricsModule.forApp('operator-frontend', version, registry),
      ],
      controllers: [OperatorFrontendController],
      providers: [{ provide: BuildInfo, useValue: new BuildInfo(version) }],
    };
  }
}
