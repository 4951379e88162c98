import { Module, type DynamicModule } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { BuildInfo } from './build-info.js';
import { GatewayHealthController } from './gateway-health.controller.js';
import { ServiceSurvey } from './service-survey.js';
import { looks } from './services.js';

@Module({})
export class GatewayHealthModule {
  /** @param imports provide TokenVerifier and Refusals */
  static with(version: string, imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: GatewayHealthModule,
      imports,
      controllers: [GatewayHealthController],
      providers: [
        { provide: BuildInfo, useValue: new BuildInfo(version) },
        {
          provide: ServiceSurvey,
          useFactory: (config: Environment, clock: Clock) =>
            new ServiceSurvey(
              looks(config, { 'tentaculo-link': () => Promise.resolve({ up: true, ms: 0 }) }),
              clock,
            ),
          inject: [Environment, Clock],
        },
      ],
    };
  }
}
