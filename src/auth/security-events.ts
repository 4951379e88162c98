/** A decision of an administrator about a principal. */
export interface PrincipalDecision {
  readonly principalId: string;
  /** Id of the administrator. */
  readonly by: string;
  readonly correlationId: string;
}

/** What an administrator does to a principal. */
export type PrincipalAct =
  | 'created'
  | 'changed'
  | 'rotated'
  | 'deleted'
  | 'disabled'
  | 'revoked'
  | 'restored';

/** Patterns that are reported, each as the event `vx11.security.<pattern>`. */
export const SUSPICIOUS_PATTERNS = [
  'failed_attempts',
  'repeated_replays',
  'fallback_addresses',
  'unused_tokens',
  'unusual_administration',
] as const;
export type SuspiciousPattern = (typeof SUSPICIOUS_PATTERNS)[number];

/** A pattern that was found in what one subject did within a window. */
export interface Suspicion {
  readonly pattern: SuspiciousPattern;
  readonly why:
    | 'one_address'
    | 'many_addresses'
    | 'missing_scope'
    | 'one_principal'
    | 'many_acts'
    | 'new_address';
  /** Id of the principal; an address for failed attempts from it; `*` for those from many. */
  readonly subject: string;
  readonly count: number;
  /** Number of addresses, as far as they were counted. */
  readonly addresses: number;
  /** Of an act from a new address: that one. */
  readonly address?: string;
  readonly windowSec: number;
}

/** Reports security incidents and decisions to the operators, as events. Never holds a secret. */
export abstract class SecurityEvents {
  /** A live token was presented by a second client. */
  abstract tokenReplayed(incident: {
    principalId: string;
    address: string;
    userAgent: string;
    correlationId: string;
  }): void;

  /** A refresh token was presented that had been replaced: one of its two holders stole it. */
  abstract refreshReused(incident: {
    principalId: string;
    address: string;
    userAgent: string;
    correlationId: string;
  }): void;

  /** @param others how many more of this pattern were found at the same time */
  abstract suspected(suspicion: Suspicion, others: number): void;

  /** One event for each act, `vx11.security.principal_<act>`. */
  abstract principalActed(act: PrincipalAct, decision: PrincipalDecision): void;
}
