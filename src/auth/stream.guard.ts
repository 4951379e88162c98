import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { EventFilter } from '../kernel/event-filter.js';
import { ProblemError } from '../kernel/problem.js';
import { AccessRefusals } from './access-refusals.js';
import { callerOf, headerCredential, RequestPresentation, queryToken } from './credentials.js';
import { EphemeralTokens, type Caller } from './ephemeral-tokens.js';
import { TokenMetrics, type CredentialKind } from './token-metrics.js';
import { TokenStreams } from './token-streams.js';
import type { Principal } from './principal.js';
import { TokenVerifier, type Presentation } from './token-verifier.js';

/** Codes that refuse a principal, and do not only fail to check it. */
const REFUSALS: ReadonlySet<string> = new Set(['invalid_token', 'insufficient_scope']);

/** By what right a stream is open, and what it may read. */
export interface StreamAccess {
  readonly credential: CredentialKind;
  readonly principalId: string;
  /** SHA-256 of the long-lived credential behind it: the end of that credential finds the stream by it. */
  readonly credentialHash?: string | undefined;
  /** The session that it was opened in; absent: none. */
  readonly sessionId?: string | undefined;
  readonly filter: EventFilter;
  /** `expiresAt` of the principal, epoch milliseconds. */
  readonly expiresAt: number | undefined;
  /** The ephemeral token behind it, as its hash: revoking finds the stream by it. */
  readonly tokenHash: string | undefined;
  /** A principal token was in the URL, which is deprecated. */
  readonly deprecated: boolean;
  /** Before the credential was checked; see `TokenStreams.moment`. */
  readonly since: number;
}

/**
 * Admits requests for the stream. The first credential decides; a header comes before the
 * query.
 */
@Injectable()
export class StreamGuard implements CanActivate {
  constructor(
    private readonly tokens: EphemeralTokens,
    private readonly verifier: TokenVerifier,
    private readonly streams: TokenStreams,
    private readonly metrics: TokenMetrics,
    private readonly clock: Clock,
    private readonly config: Environment,
    private readonly refusals: AccessRefusals,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const req = context.switchToHttp().getRequest<Request>();
    const inHeader = headerCredential(req);
    const token = inHeader?.token ?? queryToken(req);
    if (token === undefined) {
      throw new ProblemError(
        'auth_required',
        'Open the stream with ?token=<ephemeral token>; POST /operator/api/events/sse-token issues one.',
      );
    }
    try {
      req.streamAccess =
        (await this.asPrincipal(token, new RequestPresentation(req, inHeader))) ??
        (await this.asEphemeral(token, callerOf(req)));
    } catch (error) {
      await this.refusals.count(req, error);
      throw error;
    }
    await this.refusals.limitOpening(req, req.streamAccess.principalId);
    return true;
  }

  private async asPrincipal(
    token: string,
    presentation: Presentation,
  ): Promise<StreamAccess | undefined> {
    const { place } = presentation;
    const allowed = this.config.VX11_SSE_PRINCIPAL_FALLBACK;
    if (allowed === 'off' || (allowed === 'header' && place === 'query')) return undefined;
    const startedAt = this.clock.monotonic();
    const { moment: since } = this.streams;
    const seconds = () => (this.clock.monotonic() - startedAt) / 1000;
    let principal: Principal | undefined;
    try {
      principal = await this.verifier.verify(token, presentation);
      if (!principal) return undefined;
      requireRead(principal.scopes);
    } catch (error) {
      if (isRefusal(error)) this.metrics.validated('principal', 'invalid', seconds());
      throw error;
    }
    this.metrics.validated('principal', 'valid', seconds());
    return {
      credential: 'principal',
      principalId: principal.id,
      credentialHash: principal.credentialHash,
      sessionId: principal.sessionId,
      filter: EventFilter.of(principal.filter),
      expiresAt: principal.expiresAt,
      tokenHash: undefined,
      deprecated: place === 'query',
      since,
    };
  }

  private async asEphemeral(token: string, caller: Caller): Promise<StreamAccess> {
    const { moment: since } = this.streams;
    const { grant, tokenHash } = await this.tokens.redeem(token, caller);
    requireRead(new Set(grant.scopes));
    return {
      credential: 'ephemeral',
      principalId: grant.principalId,
      credentialHash: grant.credentialHash,
      sessionId: grant.sessionId,
      filter: EventFilter.of(...grant.filters),
      expiresAt: grant.principalExpiresAt,
      tokenHash,
      deprecated: false,
      since,
    };
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && REFUSALS.has(error.code);
}

function requireRead(scopes: ReadonlySet<string>): void {
  if (!scopes.has('events:read')) {
    throw new ProblemError('insufficient_scope', 'Reading the stream needs the scope events:read.');
  }
}
