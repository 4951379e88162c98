import { Module, type DynamicModule } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { AuthModule } from '../auth/auth.module.js';
import { IdentityModule } from '../auth/identity/identity.module.js';
import { PrincipalStateModule } from '../auth/principal-state.module.js';
import type { OpaqueCredential } from '../auth/principal.js';
import type { Config } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { GatewayHealthModule } from '../health/gateway-health.module.js';
import type { HopKeys } from '../http/hop-keys.js';
import type { Logger } from '../kernel/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { PlatformModule } from './platform.module.js';

export interface GatewayParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly credentials: readonly OpaqueCredential[];
  readonly version: string;
  readonly registry: Registry;
  /** The keys with which the gateway signs its requests, by service. */
  readonly hopKeys: ReadonlyMap<string, HopKeys>;
}

/** tentaculo-link: checks principals and forwards to services; handles neither tokens nor events. */
@Module({})
export class TentaculoLinkModule {
  static with({
    config,
    logger,
    credentials,
    version,
    registry,
    hopKeys,
  }: GatewayParts): DynamicModule {
    const hop = hopKeys.get('operator-backend');
    const principals = PrincipalStateModule.followed(credentials, hop);
    const auth = AuthModule.forPrincipals([principals, IdentityModule.withoutSessions(hop)]);
    const gateway = GatewayModule.with([principals], hopKeys);
    return {
      module: TentaculoLinkModule,
      imports: [
        ConfigModule.for(config),
        PlatformModule.with(logger),
        MetricsModule.forGateway(version, registry),
        auth,
        GatewayHealthModule.with(version, [auth, principals]),
        gateway,
      ],
    };
  }
}
