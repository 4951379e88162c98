import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import type { OpaqueCredential } from '../auth/opaque-token-verifier.js';
import type { Config } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { EventLogModule } from '../events/log/event-log.module.js';
import { PrincipalStateModule } from '../auth/principal-state.module.js';
import { EventsModule } from '../events/events.module.js';
import { HealthModule } from '../health/health.module.js';
import { ServicesModule } from '../health/services.module.js';
import type { Logger } from '../kernel/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { InstancesModule } from '../instances/instances.module.js';
import { usesRedis } from '../redis/settings.js';
import { TokenCacheModule } from '../token-cache/token-cache.module.js';
import { PlatformModule } from './platform.module.js';

export interface BackendParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly credentials: readonly OpaqueCredential[];
  readonly version: string;
}

/** operator-backend: the only place that chooses embedded stores or Redis. */
@Module({})
export class OperatorBackendModule {
  static with({ config, logger, credentials, version }: BackendParts): DynamicModule {
    return {
      module: OperatorBackendModule,
      imports: [
        ConfigModule.for(config),
        PlatformModule.with(logger),
        ScheduleModule.forRoot(),
        AuthModule.with(credentials),
        EventsModule,
        AuditModule,
        ...stores(config),
        MetricsModule.forBackend(version, usesRedis(config)),
        HealthModule.forBackend(version),
        ServicesModule,
      ],
    };
  }
}

/** Where tokens, events and what the instances agree on are kept. */
function stores(config: Config): DynamicModule[] {
  return usesRedis(config)
    ? [
        InstancesModule.onRedis(),
        PrincipalStateModule.shared(),
        TokenCacheModule.shared(),
        EventLogModule.shared(),
      ]
    : [
        InstancesModule.alone(),
        PrincipalStateModule.embedded(),
        TokenCacheModule.embedded(),
        EventLogModule.embedded(),
      ];
}
