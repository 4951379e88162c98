import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { AuditKey } from '../audit/audit-key.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuditRoutesModule } from '../audit-api/audit-routes.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { AuthRoutesModule } from '../auth/auth-routes.module.js';
import { IdentityModule } from '../auth/identity/identity.module.js';
import type { OpaqueCredential } from '../auth/principal.js';
import type { Config } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { NoEventTracing, type EventTracing } from '../events/event-tracing.js';
import { EventLogModule } from '../events/log/event-log.module.js';
import { PrincipalStateModule } from '../auth/principal-state.module.js';
import { AnnounceModule } from '../events/announce/announce.module.js';
import { IntakeModule } from '../events/intake/intake.module.js';
import { StreamsModule } from '../events/streams/streams.module.js';
import { HealthModule } from '../health/health.module.js';
import { ServicesModule } from '../health/services.module.js';
import type { Logger } from '../kernel/logger.js';
import { StateGaugesModule } from '../metrics/state-gauges.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { InstancesModule } from '../instances/instances.module.js';
import { usesRedis } from '../redis/settings.js';
import type { Keyring } from '../token-cache/keyring.js';
import { TokenCacheModule } from '../token-cache/token-cache.module.js';
import { TracingModule } from '../tracing/tracing.module.js';
import { WatchModule } from '../watch/watch.module.js';
import { PlatformModule } from './platform.module.js';

export interface BackendParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly credentials: readonly OpaqueCredential[];
  readonly keyring: Keyring;
  readonly auditKey: AuditKey;
  readonly version: string;
  /** Absent: events are not traced. */
  readonly tracing?: EventTracing | undefined;
}

/** operator-backend. Only this file chooses between embedded stores and Redis. */
@Module({})
export class OperatorBackendModule {
  static with(parts: BackendParts): DynamicModule {
    const { config, logger, credentials, keyring, auditKey, version } = parts;
    const made = stores(config, keyring, auditKey, credentials);
    const { instances, principals, identity, tokens, log, audit } = made;
    const announce = AnnounceModule.with(log);
    const auth = AuthModule.with([instances, principals, identity, tokens, announce, audit]);
    const streams = StreamsModule.with([instances, principals, log, announce, auth, audit]);
    const health = HealthModule.forBackend(version, historyFile(config), [
      instances,
      tokens,
      log,
      announce,
    ]);
    return {
      module: OperatorBackendModule,
      imports: [
        ConfigModule.for(config),
        PlatformModule.with(logger),
        ScheduleModule.forRoot(),
        MetricsModule.forBackend(version, usesRedis(config)),
        TracingModule.with(parts.tracing ?? new NoEventTracing()),
        AuthRoutesModule.with([principals, identity, auth, streams]),
        streams,
        IntakeModule.with([log, audit]),
        AuditRoutesModule.with([audit, auth]),
        WatchModule.with([audit, instances, streams, announce]),
        health,
        ServicesModule.with([health, streams, announce]),
        StateGaugesModule.with([tokens, streams, log]),
      ],
    };
  }
}

/** Of several instances each would see only a part, and none has a directory that stays. */
function historyFile(config: Config): string | undefined {
  return usesRedis(config) ? undefined : join(config.VX11_DATA_DIR, 'health-history.json');
}

/** The modules that store tokens, events and shared state: in this process, or in Redis. */
function stores(
  config: Config,
  keyring: Keyring,
  auditKey: AuditKey,
  credentials: readonly OpaqueCredential[],
): Record<'instances' | 'principals' | 'identity' | 'tokens' | 'log' | 'audit', DynamicModule> {
  if (!usesRedis(config)) {
    return {
      instances: InstancesModule.embedded(),
      principals: PrincipalStateModule.embedded(credentials),
      identity: IdentityModule.embedded(),
      tokens: TokenCacheModule.embedded(keyring),
      log: EventLogModule.embedded(),
      audit: AuditModule.embedded(auditKey),
    };
  }
  const instances = InstancesModule.shared();
  return {
    instances,
    principals: PrincipalStateModule.shared(credentials, instances, keyring),
    identity: IdentityModule.shared(keyring),
    tokens: TokenCacheModule.shared(instances, keyring),
    log: EventLogModule.shared(),
    audit: AuditModule.shared(auditKey),
  };
}
