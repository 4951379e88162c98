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
import { RateLimit } from './rate-limit.js';
import { MemoryRevocations } from './revocations.memory.js';
import { Revocations } from './revocations.js';
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

/** Needs SecurityEvents from the room that can publish them, and PrincipalStateModule. */
@Global()
@Module({})
export class AuthModule {
  static with(credentials: readonly OpaqueCredential[]): DynamicModule {
    return {
      module: AuthModule,
      providers: [
        {
          provide: TokenVerifier,
          useFactory: (revocations: Revocations) =>
            new OpaqueTokenVerifier(credentials, revocations),
          inject: [Revocations],
        },
        {
          provide: EphemeralTokens,
          useFactory: (
            cache: TokenCache,
            audit: AuditTrail,
            metrics: TokenMetrics,
            security: SecurityEvents,
            revocations: Revocations,
            rateLimit: RateLimit,
            clock: Clock,
            config: Environment,
          ) =>
            new EphemeralTokens(
              cache,
              audit,
              metrics,
              security,
              revocations,
              rateLimit,
              clock,
              config,
            ),
          inject: [
            TokenCache,
            AuditTrail,
            TokenMetrics,
            SecurityEvents,
            Revocations,
            RateLimit,
            Clock,
            Environment,
          ],
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
        {
          provide: TokenVerifier,
          useValue: new OpaqueTokenVerifier(credentials, new MemoryRevocations()),
        },
        { provide: APP_GUARD, useClass: PrincipalGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}
