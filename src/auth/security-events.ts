/** A decision of an administrator about a principal. */
export interface PrincipalDecision {
  readonly principalId: string;
  /** Id of the administrator. */
  readonly by: string;
  readonly correlationId: string;
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

  abstract principalRevoked(decision: PrincipalDecision): void;

  abstract principalRestored(decision: PrincipalDecision): void;
}
