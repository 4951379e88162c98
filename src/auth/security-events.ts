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

  /** One event for each act, `vx11.security.principal_<act>`. */
  abstract principalActed(act: PrincipalAct, decision: PrincipalDecision): void;
}
