import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.js';
import { Environment } from '../../config/environment.js';
import { BusUnavailable, InstanceBus } from '../../instances/instance-bus.js';
import { Clock } from '../../kernel/clock.js';
import { ProblemError } from '../../kernel/problem.js';
import type { Caller } from '../ephemeral-tokens.js';
import { PrincipalRights, refused } from '../principal-rights.js';
import type { Principal } from '../principal.js';
import { SecurityEvents } from '../security-events.js';
import { TokenMetrics } from '../token-metrics.js';
import { isIssuedPrincipal } from './issued-principal.js';
import { SessionStore, type Access, type Session } from './session-store.js';
import {
  accessHash,
  newAccessToken,
  newRefreshToken,
  parseRefreshToken,
  type RefreshToken,
} from './session-tokens.js';

export { isSessionToken } from './session-tokens.js';

/** How long an access token is valid, milliseconds. */
export const ACCESS_MS = 15 * 60_000;
/** Sessions of one principal at a time; further ones end the oldest. */
const MOST_SESSIONS = 100;
const ENDED = 'sessions.ended';

/** What a client gets when it signs in or refreshes. */
export interface SignedIn {
  readonly accessToken: string;
  /** Seconds that the access token is valid. */
  readonly expiresInSec: number;
  readonly refresh: RefreshToken;
  readonly session: Session;
  readonly principal: Principal;
}

/**
 * Sessions: an access token for 15 minutes, and a refresh token that is replaced at each use.
 * When a replaced refresh token is presented again, it or its replacement was stolen: the
 * session ends, with its streams (RFC 9700, section 4.14.2).
 */
@Injectable()
export class Sessions {
  private readonly unsent: EndedSession[] = [];

  constructor(
    private readonly store: SessionStore,
    private readonly rights: PrincipalRights,
    private readonly bus: InstanceBus,
    private readonly audit: AuditTrail,
    private readonly security: SecurityEvents,
    private readonly metrics: TokenMetrics,
    private readonly clock: Clock,
    @Inject(Environment) private readonly config: Pick<Environment, 'VX11_SESSION_MAX_AGE'>,
  ) {
    bus.on(ENDED, (body) => this.endStreams((body as { sessions: EndedSession[] }).sessions));
  }

  /**
   * Begins a session with the rights of a principal that presented its own credential.
   * @throws ProblemError insufficient_scope for the access token of a session: it cannot
   *   outlive itself; token_store_unavailable
   */
  async start(principal: Principal, caller: Caller): Promise<SignedIn> {
    if (principal.sessionId !== undefined || principal.credentialHash === undefined) {
      throw new ProblemError(
        'insufficient_scope',
        'A session begins with a principal token or an access token of the issuer, not with the token of a session.',
      );
    }
    const { id: principalId, credentialHash } = principal;
    const now = this.clock.now();
    const refresh = newRefreshToken();
    const latest = now + this.config.VX11_SESSION_MAX_AGE * 1000;
    const session: Session = {
      id: refresh.sessionId,
      principalId,
      credentialHash,
      ...(isIssuedPrincipal(principalId)
        ? { issued: { scopes: [...principal.scopes], filter: principal.filter } }
        : {}),
      startedAt: now,
      expiresAt: Math.min(latest, principal.expiresAt ?? Infinity),
      refreshHash: refresh.hash,
    };
    await this.store.create(session);
    const ids = await this.store.idsOf(principalId);
    for (const sessionId of ids.slice(0, Math.max(0, ids.length - MOST_SESSIONS))) {
      await this.end({ sessionId, principalId });
    }
    await this.note('session.signed_in', session, caller);
    const { token, access, expiresInSec } = this.newAccess(session);
    await this.store.putAccess(session.id, access);
    return { accessToken: token, expiresInSec, refresh, session, principal };
  }

  /**
   * Replaces a refresh token, for a new access token.
   * @throws ProblemError invalid_token for an unknown one; refresh_reused for one that was
   *   replaced already, and then the session has ended; token_store_unavailable
   */
  async refresh(token: string, caller: Caller): Promise<SignedIn> {
    const presented = parseRefreshToken(token);
    const session = presented && (await this.store.get(presented.sessionId));
    if (!presented || !session) throw ended();
    const principal = this.principalOf(session);
    const next = newRefreshToken(presented.handle);
    const { token: accessToken, access, expiresInSec } = this.newAccess(session);
    const rotation = await this.store.rotate(session.id, presented.hash, next.hash, access);
    if (rotation === 'unknown') throw ended();
    if (rotation === 'reused') {
      await this.reused(session, caller);
      throw new ProblemError(
        'refresh_reused',
        'This session has ended: its refresh token was used twice, so somebody else may have a copy of it. Sign in again.',
      );
    }
    return { accessToken, expiresInSec, refresh: next, session, principal };
  }

  /**
   * The principal of an access token, with the rights that it has now.
   * @throws ProblemError invalid_token when they were taken; token_store_unavailable
   */
  async verify(token: string): Promise<Principal | undefined> {
    const hash = accessHash(token);
    const session = hash === undefined ? undefined : await this.store.byAccess(hash);
    return session && this.principalOf(session);
  }

  /** Whether what was issued in this session is still valid. @throws ProblemError token_store_unavailable */
  async isAlive(sessionId: string): Promise<boolean> {
    return (await this.store.get(sessionId)) !== undefined;
  }

  /**
   * Ends the session of a refresh token; an unknown one has ended already.
   * @throws ProblemError token_store_unavailable
   */
  async signOut(token: string, caller: Caller): Promise<void> {
    const presented = parseRefreshToken(token);
    const session = presented && (await this.store.get(presented.sessionId));
    // A replaced token ends the session as well: its holder wants to sign out.
    if (session) await this.signOutOf(session, caller);
  }

  /**
   * Ends all sessions of a principal. Resolves to how many there were.
   * @throws ProblemError token_store_unavailable
   */
  async signOutEverywhere(principalId: string, caller: Caller): Promise<number> {
    let count = 0;
    for (const id of await this.store.idsOf(principalId)) {
      if (await this.signOutOf({ id, principalId }, caller)) count += 1;
    }
    return count;
  }

  /**
   * Ends all sessions of a principal that is refused anyway: its streams end with its rights.
   * @throws ProblemError token_store_unavailable
   */
  async endAllOf(principalId: string): Promise<void> {
    for (const id of await this.store.idsOf(principalId)) await this.store.end(id);
  }

  async sweep(): Promise<void> {
    await this.store.sweep();
    await this.announce();
  }

  private newAccess(session: Session): {
    token: string;
    access: Access;
    expiresInSec: number;
  } {
    const token = newAccessToken();
    const now = this.clock.now();
    const expiresAt = Math.min(now + ACCESS_MS, session.expiresAt);
    const expiresInSec = Math.max(1, Math.floor((expiresAt - now) / 1000));
    return { token, access: { hash: accessHash(token) ?? '', expiresAt }, expiresInSec };
  }

  /** @throws ProblemError invalid_token when the principal is refused now */
  private principalOf(session: Session): Principal {
    const { id: sessionId, principalId: id, credentialHash, issued, expiresAt } = session;
    const refusal = this.rights.refusal(id, credentialHash);
    if (refusal !== undefined) throw refused(refusal);
    if (issued) {
      const { scopes, filter } = issued;
      return { id, credentialHash, sessionId, scopes: new Set(scopes), filter, expiresAt };
    }
    const now = this.rights.withCredential(credentialHash);
    // The configuration does not name it any more.
    if (now?.id !== id) throw ended();
    return { ...now, sessionId, expiresAt };
  }

  private signOutOf(session: Pick<Session, 'id' | 'principalId'>, caller: Caller) {
    const { id: sessionId, principalId } = session;
    return this.end({ sessionId, principalId }, () =>
      this.note('session.signed_out', session, caller),
    );
  }

  private async reused(session: Session, caller: Caller): Promise<void> {
    const { address, userAgent, correlationId } = caller;
    const { id: sessionId, principalId } = session;
    await this.end({ sessionId, principalId }, async () => {
      this.metrics.refreshReused();
      await this.note('session.reused', session, caller);
      this.security.refreshReused({ principalId, address, userAgent, correlationId });
    });
  }

  /**
   * Ends a session and its streams, and reports it. Of concurrent calls one does so. One that
   * the store does not answer does so too: the session may have ended, and the next call would
   * then find nothing to end the streams of, and nothing to report.
   * @returns whether this call has ended it
   * @throws ProblemError token_store_unavailable
   */
  private async end(
    session: EndedSession,
    report: () => Promise<void> = () => Promise.resolve(),
  ): Promise<boolean> {
    const ended = async () => {
      this.unsent.push(session);
      await this.announce();
      await report();
    };
    let isOurs: boolean;
    try {
      isOurs = (await this.store.end(session.sessionId)) !== undefined;
    } catch (error) {
      await ended();
      throw error;
    }
    if (isOurs) await ended();
    return isOurs;
  }

  /**
   * An end that cannot be sent now is sent with the next sweep, because a session ends only
   * once.
   */
  private async announce(): Promise<void> {
    const sessions = this.unsent.splice(0);
    if (sessions.length === 0) return;
    try {
      await this.bus.send(ENDED, { sessions });
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      this.endStreams(sessions);
      this.unsent.push(...sessions);
    }
  }

  private endStreams(sessions: readonly EndedSession[]): void {
    for (const { sessionId, principalId } of sessions) {
      this.store.forget(sessionId);
      this.rights.ended.next({ principalId, sessionId, reason: 'revoked' });
    }
  }

  private note(
    action: 'session.signed_in' | 'session.signed_out' | 'session.reused',
    { id, principalId }: Pick<Session, 'id' | 'principalId'>,
    { address, correlationId }: Caller,
  ): Promise<void> {
    return this.audit.record({ action, actor: principalId, subject: id, address, correlationId });
  }
}

interface EndedSession {
  readonly sessionId: string;
  readonly principalId: string;
}

function ended(): ProblemError {
  return new ProblemError('invalid_token', 'This session has ended. Sign in again.');
}
