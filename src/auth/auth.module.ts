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
import { Clock } from '../kernel/clock.js';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { registerCredentialLookup } from '../kernel/redaction.js';
import { AccessRefusals } from './access-refusals.js';
import { RequestLimits } from './request-limits.js';
import { CredentialVerifier } from './credential-verifier.js';
import { EphemeralTokens } from './ephemeral-tokens.js';
import { IssuerKeys } from './identity/issuer-keys.js';
import { oidcSettings } from './identity/oidc-settings.js';
import { OidcVerifier } from './identity/oidc-verifier.js';
import { ProofReplays } from './identity/proof-replays.js';
import { Sessions } from './identity/sessions.js';
import { OpaqueTokenVerifier } from './opaque-token-verifier.js';
import { PrincipalAdministration } from './principals/principal-administration.js';
import { PrincipalLifecycle } from './principals/principal-lifecycle.js';
import { AdministeredPrincipals } from './principals/administered-principals.js';
import { PrincipalGuard } from './principal.guard.js';
import { PrincipalRights } from './principal-rights.js';
import { Refusals } from './refusals.js';
import { TokenMetrics } from './token-metrics.js';
import { TokenVerifier } from './token-verifier.js';
import { weakTokenPolicy } from './weak-tokens.js';

const SWEEP_MS = 1_000;

@Injectable()
class ExpirySweep {
  constructor(
    private readonly tokens: EphemeralTokens,
    private readonly sessions: Sessions,
  ) {}

  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    this.tokens.sweep();
    await this.sessions.sweep();
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

/**
 * The guard in front of every route, and the verifier that decides which principal a
 * credential is.
 */
function principals(sessions: readonly (typeof Sessions)[]): Provider[] {
  return [
    {
      provide: TokenVerifier,
      useFactory: (
        rights: PrincipalRights,
        replays: ProofReplays,
        config: Environment,
        clock: Clock,
        logger: Logger,
        metrics?: TokenMetrics,
        own?: Sessions,
      ) =>
        new CredentialVerifier(new OpaqueTokenVerifier(rights, weakTokenPolicy(config, logger)), {
          sessions: own,
          oidc: oidcVerifier(config, replays, rights, clock, logger, metrics),
        }),
      inject: [
        PrincipalRights,
        ProofReplays,
        Environment,
        Clock,
        LOGGER,
        // Processes that issue nothing do not count this.
        { token: TokenMetrics, optional: true },
        ...sessions,
      ],
    },
    { provide: APP_GUARD, useClass: PrincipalGuard },
  ];
}

function oidcVerifier(
  config: Environment,
  replays: ProofReplays,
  rights: PrincipalRights,
  clock: Clock,
  logger: Logger,
  metrics: TokenMetrics | undefined,
): OidcVerifier | undefined {
  const settings = oidcSettings(config);
  if (!settings) return undefined;
  const keys = new IssuerKeys(settings, clock, logger, undefined, () =>
    metrics?.issuerKeysFailed(),
  );
  return new OidcVerifier(settings, keys, replays, rights, clock, logger);
}

/** Verifies principals, issues and redeems ephemeral tokens. */
@Module({})
export class AuthModule {
  /** @param imports provide TokenCache, the exports of PrincipalStateModule, AuditTrail and SecurityEvents */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: AuthModule,
      imports,
      providers: [
        ...principals([Sessions]),
        Sessions,
        EphemeralTokens,
        AccessRefusals,
        { provide: Refusals, useExisting: AccessRefusals },
        RequestLimits,
        AdministeredPrincipals,
        PrincipalAdministration,
        PrincipalLifecycle,
        ExpirySweep,
        LiveTokenRedaction,
      ],
      exports: [
        TokenVerifier,
        EphemeralTokens,
        Sessions,
        AdministeredPrincipals,
        PrincipalAdministration,
        PrincipalLifecycle,
        AccessRefusals,
      ],
    };
  }

  /**
   * For processes that check principals and know no ephemeral tokens.
   * @param imports provide PrincipalRights, Refusals and ProofReplays
   */
  static forPrincipals(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: AuthModule,
      imports,
      providers: principals([]),
      exports: [TokenVerifier],
    };
  }
}
