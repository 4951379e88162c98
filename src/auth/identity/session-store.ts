import type { FilterSpec } from '../../kernel/filter-spec.js';
import type { Scope } from '../principal.js';

/** What an access token of the issuer granted, for as long as the session lives. */
export interface IssuedRights {
  readonly scopes: readonly Scope[];
  readonly filter?: FilterSpec | undefined;
}

/** One sign-in, on one device. Holds no token, only hashes. */
export interface Session {
  /** Not secret: it stands in events and audit entries. */
  readonly id: string;
  readonly principalId: string;
  /** SHA-256 of the credential that signed in. */
  readonly credentialHash: string;
  /** Absent: an opaque principal, whose present rights count. */
  readonly issued?: IssuedRights | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** When it ends at the latest, epoch milliseconds. */
  readonly expiresAt: number;
  /** SHA-256 of the secret part of the one refresh token that is valid now. */
  readonly refreshHash: string;
}

export type Rotation = 'rotated' | 'reused' | 'unknown';

/**
 * Access tokens of one session at a time; a new one ends the oldest, so that who refreshes without
 * end fills no store. A tab has two for a while: it replaces its own before it ends. With more
 * tabs than this allows each would end the token of another with each of its requests.
 */
export const MOST_ACCESS = 64;

/** An access token of a session. */
export interface Access {
  /** SHA-256 of the token. */
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Keeps sessions and their access tokens, as hashes.
 *
 * - **Atomicity**: of any number of concurrent `rotate` calls with the same hash exactly
 *   one is `rotated`; of concurrent `end` calls exactly one gets the session.
 *   A rotation that is refused with a problem has changed nothing: its holder sends the
 *   present refresh token again, which must not look stolen. (Redis: unless Redis carried it
 *   out and was away for longer than the call waited.)
 * - **Lifetime**: a session and its tokens are unknown from `expiresAt` on.
 * - **Failure**: a store that cannot answer rejects with the problem
 *   `token_store_unavailable`; it never means valid. `end` may have ended the session then.
 */
export abstract class SessionStore {
  abstract create(session: Session): Promise<void>;

  abstract get(id: string): Promise<Session | undefined>;

  /**
   * Replaces the hash of the refresh token, if it still is this one, and adds an access token,
   * in one step.
   */
  abstract rotate(id: string, from: string, to: string, access: Access): Promise<Rotation>;

  /** Adds an access token; of more than `MOST_ACCESS` the oldest end. */
  abstract putAccess(sessionId: string, access: Access): Promise<void>;

  /** The session of an access token. */
  abstract byAccess(hash: string): Promise<Session | undefined>;

  /** Ends a session and its access tokens. Resolves to it, or to nothing when it was not alive. */
  abstract end(id: string): Promise<Session | undefined>;

  /**
   * A session has ended, here or on another instance: it stays unknown to this one, also when the
   * store has lost that. For a minute at least; by then the store does not lose it any more.
   */
  abstract forget(id: string): void;

  /** Ids of the live sessions of a principal, the oldest first. */
  abstract idsOf(principalId: string): Promise<readonly string[]>;

  /** Removes what has expired; called by the schedule. */
  abstract sweep(): Promise<void>;
}
