import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Interval } from '@nestjs/schedule';
import { Environment } from '../config/environment.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { registerCredentialLookup } from '../kernel/redaction.js';
import { AccessRefusals } from './access-refusals.js';
import { RequestLimits } from './request-limits.js';
import { EphemeralTokens } from './ephemeral-tokens.js';
import { OpaqueTokenVerifier, type OpaqueCredential } from './opaque-token-verifier.js';
import { PrincipalAdministration } from './principal-administration.js';
import { PrincipalGuard } from './principal.guard.js';
import { Revocations } from './revocations.js';
import { TokenVerifier } from './token-verifier.js';
import { weakTokenPolicy } from './weak-tokens.js';

const SWEEP_MS = 1_000;

@Injectable()
class ExpirySweep {
  constructor(private readonly tokens: EphemeralTokens) {}

  @Interval(SWEEP_MS)
  sweep(): void {
    this.tokens.sweep();
  }
}

/** Redaction masks live ephemeral tokens wherever they stand. */
@Injectable()
class LiveTokenRedaction implements OnModuleInit, OnApplicationShutdown {
  private unregister = () => false;

  constructor(private readonly tokens: EphemeralTokens) {}

  onModuleInit(): void {
    this.unregister = registerCredentialLookup((uuid) => this.tokens.isLive(uuid));
  }

  onApplicationShutdown(): void {
    this.unregister();
  }
}

/** Verifies principals, issues and redeems ephemeral tokens. */
@Module({})
export class AuthModule {
  /** @param imports provide TokenCache, Revocations, RateLimit, AuditTrail and SecurityEvents */
  static with(
    credentials: readonly OpaqueCredential[],
    imports: NonNullable<DynamicModule['imports']>,
  ): DynamicModule {
    return {
      module: AuthModule,
      imports,
      providers: [
        ...principals(credentials),
        EphemeralTokens,
        AccessRefusals,
        RequestLimits,
        PrincipalAdministration,
        ExpirySweep,
        LiveTokenRedaction,
      ],
      exports: [TokenVerifier, EphemeralTokens, PrincipalAdministration, AccessRefusals],
    };
  }

  /**
   * For processes that check principals and know no ephemeral tokens.
   * @param imports provide Revocations
   */
  static forPrincipals(
    credentials: readonly OpaqueCredential[],
    imports: NonNullable<DynamicModule['imports']>,
  ): DynamicModule {
    return {
      module: AuthModule,
      imports,
      providers: principals(credentials),
      exports: [TokenVerifier],
    };
  }
}

/** Checks every request; whichever adapter of Revocations the process has decides who is revoked. */
function principals(credentials: readonly OpaqueCredential[]): Provider[] {
  return [
    {
      provide: TokenVerifier,
      useFactory: (revocations: Revocations, config: Environment, logger: Logger) =>
        new OpaqueTokenVerifier(credentials, revocations, weakTokenPolicy(config, logger)),
      inject: [Revocations, Environment, LOGGER],
    },
    { provide: APP_GUARD, useClass: PrincipalGuard },
  ];
}
