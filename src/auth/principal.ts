import type { FilterSpec } from '../kernel/event-filter.js';

/** The services next to operator-backend that publish about themselves. */
export const NEIGHBOURS = ['madre', 'switch', 'hermes'] as const;
export type Neighbour = (typeof NEIGHBOURS)[number];

/** What a principal may do. */
export const SCOPES = ['events:read', 'events:publish', 'streams:admin', 'audit:read'] as const;
export type Scope = (typeof SCOPES)[number];

/** Ids of configured and managed principals. `.` and `..` cannot stand in the path of a URL. */
export const PRINCIPAL_ID = /^(?!\.{1,2}$)[A-Za-z0-9._@-]{1,64}$/;
export const NOT_A_PRINCIPAL_ID = 'id must be 1 to 64 of A-Z a-z 0-9 . _ @ -, and not . or ..';

/** A configured principal with the SHA-256 (hex) of its token. */
export interface OpaqueCredential {
  readonly tokenSha256: string;
  readonly principal: Principal;
}

/** The holder of a long-lived credential. */
export interface Principal {
  readonly id: string;
  /** SHA-256 (hex) of the credential that was presented. Revoking refuses it. Absent: cannot be revoked. */
  readonly credentialHash?: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
  /** The only events that it may ever read, publish or administrate; absent: all. */
  readonly filter?: FilterSpec | undefined;
  /** Neighbour services that it stands for, in whose name it may publish. */
  readonly neighbours?: readonly Neighbour[] | undefined;
  /** Ephemeral tokens per second; absent: the configured default. */
  readonly rateLimit?: number | undefined;
  /** The session whose access token was presented; absent: another credential. */
  readonly sessionId?: string | undefined;
  /**
   * When what it presented ends by itself: an access token of the issuer, or a session. Epoch
   * milliseconds. An end that administrators may still change is none: `PrincipalRights` reports it.
   */
  readonly expiresAt?: number | undefined;
}
