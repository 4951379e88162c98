import type { FilterSpec } from '../kernel/event-filter.js';

/** What a credential may do. */
export const SCOPES = ['events:read', 'events:publish', 'streams:admin', 'audit:read'] as const;
export type Scope = (typeof SCOPES)[number];

/** Somebody who was recognised by a long-lived credential. */
export interface Principal {
  readonly id: string;
  /** What it was recognised by, as SHA-256 in hex; revoking refuses it. Absent: it cannot be revoked. */
  readonly credential?: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
  /** The only events it may ever read; absent: all. */
  readonly filter?: FilterSpec | undefined;
  /** Ephemeral tokens a second; absent: the configured default. */
  readonly rateLimit?: number | undefined;
  /** End of its right, epoch milliseconds; absent: no end. */
  readonly expiresAt?: number | undefined;
}
