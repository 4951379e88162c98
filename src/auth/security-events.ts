/** What the auth room tells the operators who watch. Never holds a secret. */
export abstract class SecurityEvents {
  /** A living token was presented by a second client. */
  abstract tokenReplayed(incident: {
    principalId: string;
    address: string;
    userAgent: string;
    correlationId: string;
  }): void;

  abstract principalRevoked(incident: {
    principalId: string;
    by: string;
    correlationId: string;
  }): void;
}
