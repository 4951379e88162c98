/** One security-relevant action. Never holds a token. */
export interface AuditEntry {
  readonly action:
    | 'token.issued'
    | 'token.refused'
    | 'token.replayed'
    | 'token.revoked'
    | 'principal.revoked'
    | 'principal.restored'
    | 'stream.ended_by_admin';
  /** The principal that acted, when it is known. */
  readonly actor?: string | undefined;
  /** The id of the principal or stream that it acted on. */
  readonly subject?: string | undefined;
  readonly reason?: string | undefined;
  readonly address?: string | undefined;
  readonly correlationId: string;
}

/** Takes entries in order; recording never fails or delays the request. */
export abstract class AuditTrail {
  abstract record(entry: AuditEntry): void;
}
