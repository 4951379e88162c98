import type { Action } from './actions.js';

/** One security-relevant action. Never holds a token. */
export interface AuditEntry {
  readonly action: Action;
  /** The principal that acted, when it is known. */
  readonly actor?: string | undefined;
  /** The id of the principal or stream, or the position of the event, that it acted on. */
  readonly subject?: string | undefined;
  /** The principal whose stream or token the subject is, when that is not the actor. */
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
  /** Of the client; stored as VX11_AUDIT_ADDRESS says. */
  readonly address?: string | undefined;
  readonly correlationId?: string | undefined;
  /** How many things it concerns, for example events; summed up with the entry. */
  readonly amount?: number | undefined;
  /** Further facts, each at most 256 characters. Dropped when the entry is summed up. */
  readonly detail?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/**
 * Takes entries in order.
 *
 * - **Durability**: the promise resolves when a kill of this process can no longer lose the
 *   entry. Await it before answering the request that it is about.
 * - **Failure**: the promise never rejects, and does not wait long for a store that does not
 *   answer. The entry is then in the log of the process, and is stored when the store answers
 *   again.
 */
export abstract class AuditTrail {
  abstract record(entry: AuditEntry): Promise<void>;
}
