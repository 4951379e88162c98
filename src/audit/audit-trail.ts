/** Something that an auditor asks about later. Never holds a token. */
export interface AuditEntry {
  readonly action:
    | 'token.issued'
    | 'token.refused'
    | 'token.replayed'
    | 'token.revoked'
    | 'principal.revoked'
    | 'stream.ended_by_admin';
  /** Principal that acted, when it is known. */
  readonly actor?: string | undefined;
  /** What it acted on: a principal, a stream. */
  readonly subject?: string | undefined;
  readonly reason?: string | undefined;
  readonly address?: string | undefined;
  readonly correlationId: string;
}

/** Takes entries in order; recording never fails or delays the request. */
export abstract class AuditTrail {
  abstract record(entry: AuditEntry): void;
}
