import { Global, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Interval } from '@nestjs/schedule';
import { AuditTrail } from '../audit/audit-trail.js';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { TokenCache } from '../token-cache/token-cache.js';
import { EphemeralTokens } from './ephemeral-tokens.js';
import { OpaqueTokenVerifier, type OpaqueCredential } from './opaque-token-verifier.js';
import { PrincipalGuard } from './principal.guard.js';
import { SecurityEvents } from './security-events.js';
import { TokenMetrics } from './token-metrics.js';
import { TokenVerifier } from './token-verifier.js';

const SWEEP_MS = 1_000;

@Injectable()
class ExpirySweep {
  constructor(private readonly tokens: EphemeralTokens) {}

  @Interval(SWEEP_MS)
  sweep(): void {
    this.tokens.sweep();
  }
}

/** Needs SecurityEvents from the room that can publish them. */
@Global()
@Module({})
export class AuthModule {
  static with(credentials: readonly OpaqueCredential[]): DynamicModule {
    return {
      module: AuthModule,
      providers: [
        { provide: TokenVerifier, useValue: new OpaqueTokenVerifier(credentials) },
        {
          provide: EphemeralTokens,
          useFactory: (
            cache: TokenCache,
            audit: AuditTrail,
            metrics: TokenMetrics,
            security: SecurityEvents,
            clock: Clock,
            config: Environment,
          ) => new EphemeralTokens(cache, audit, metrics, security, clock, config),
          inject: [TokenCache, AuditTrail, TokenMetrics, SecurityEvents, Clock, Environment],
        },
        { provide: APP_GUARD, useClass: PrincipalGuard },
        ExpirySweep,
      ],
      exports: [TokenVerifier, EphemeralTokens],
    };
  }

  /** For processes that check principals and know no ephemeral tokens. */
  static forPrincipals(credentials: readonly OpaqueCredential[]): DynamicModule {
    return {
      module: AuthModule,
      providers: [
        { provide: TokenVerifier, useValue: new OpaqueTokenVerifier(credentials) },
        { provide: APP_GUARD, useClass: PrincipalGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}
