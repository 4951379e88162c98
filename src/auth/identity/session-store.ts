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

/**
 * Keeps sessions and their access tokens, as hashes.
 *
 * - **Atomicity**: of any number of concurrent `rotate` calls with the same hash exactly
 *   one is `rotated`; of concurrent `end` calls exactly one gets the session.
 * - **Lifetime**: a session and its tokens are unknown from `expiresAt` on.
 * - **Failure**: a store that cannot answer rejects with the problem
 *   `token_store_unavailable`; it never means valid.
 */
export abstract class SessionStore {
  abstract create(session: Session): Promise<void>;

  abstract get(id: string): Promise<Session | undefined>;

  /** Replaces the hash of the refresh token, if it still is this one. */
  abstract rotate(id: string, from: string, to: string): Promise<Rotation>;

  /**
   * Adds an access token; of more than `MOST_ACCESS` the oldest end.
   * @param expiresAt epoch milliseconds
   */
  abstract putAccess(hash: string, sessionId: string, expiresAt: number): Promise<void>;

  /** The session of an access token. */
  abstract byAccess(hash: string): Promise<Session | undefined>;

  /** Ends a session and its access tokens. Resolves to it, or to nothing when it was not alive. */
  abstract end(id: string): Promise<Session | undefined>;

  /** Ids of the live sessions of a principal, the oldest first. */
  abstract idsOf(principalId: string): Promise<readonly string[]>;

  /** Removes what has expired; called by the schedule. */
  abstract sweep(): void;
}
