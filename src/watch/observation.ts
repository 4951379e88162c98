import { clientOf } from '../kernel/network.js';
import type { Draft } from '../audit/chain.js';

/** What is counted of a principal, or of an address that nobody is known at. */
export type Signal =
  | 'failed'
  | 'overreached'
  | 'replayed'
  | 'fallback'
  | 'issued'
  | 'redeemed'
  | 'administered';

/** One action that matters to a pattern. */
export interface Observation {
  readonly signal: Signal;
  /** Id of the principal; for `failed` the address. */
  readonly subject: string;
  /** The address that it came from; empty where a pattern does not ask for it. */
  readonly origin: string;
}

/** What an entry of the audit trail means to the watch; undefined: nothing. */
export function observe(draft: Draft): Observation | undefined {
  const { action, reason, actor = '', owner = '', subject = '', detail } = draft;
  const origin = () => clientOf(draft.address ?? '');
  const failed = (): Observation => {
    const address = origin();
    return { signal: 'failed', subject: address, origin: address };
  };
  switch (action) {
    case 'access.refused':
      if (reason === 'insufficient_scope') {
        return { signal: 'overreached', subject: actor, origin: origin() };
      }
      return reason === 'invalid_token' ? failed() : undefined;
    case 'token.refused':
      // A token that was late or revoked is one that its holder once had.
      return reason === 'unknown' || reason === 'malformed' ? failed() : undefined;
    case 'session.refused':
      return failed();
    case 'token.replayed':
      return { signal: 'replayed', subject: owner, origin: origin() };
    case 'stream.opened':
      return detail?.['credential'] === 'principal'
        ? { signal: 'fallback', subject: actor, origin: origin() }
        : undefined;
    case 'token.issued':
      return { signal: 'issued', subject: actor, origin: '' };
    case 'token.redeemed':
      return detail?.['reused'] === false
        ? { signal: 'redeemed', subject: actor, origin: '' }
        : undefined;
    case 'token.revoked':
      return subject === '' || subject === actor
        ? undefined
        : { signal: 'administered', subject: actor, origin: origin() };
    case 'stream.ended_by_admin':
    case 'principal.created':
    case 'principal.changed':
    case 'principal.rotated':
    case 'principal.disabled':
    case 'principal.deleted':
    case 'principal.revoked':
    case 'principal.restored':
      return { signal: 'administered', subject: actor, origin: origin() };
    default:
      return undefined;
  }
}
