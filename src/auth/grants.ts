import type { FilterSpec } from '../kernel/event-filter.js';
import type { Grant } from '../token-cache/token-cache.js';
import type { Principal } from './principal.js';

const NO_FILTERS: readonly FilterSpec[] = [];

/** What a token of the principal, narrowed by `filter`, may do. */
export function grantOf(principal: Principal, filter?: FilterSpec): Grant {
  const filters = [principal.filter, filter].filter((spec) => spec !== undefined);
  return {
    principalId: principal.id,
    credentialHash: principal.credentialHash,
    ...(principal.sessionId === undefined ? {} : { sessionId: principal.sessionId }),
    scopes: [...principal.scopes],
    filters: filters.length === 0 ? NO_FILTERS : filters,
    principalExpiresAt: principal.expiresAt,
  };
}

/**
 * One grant for all tokens of a principal that are not narrowed. A token lives for a minute, and
 * what lives that long costs the collector more than making it.
 */
export class Grants {
  private readonly known = new WeakMap<Principal, Grant>();

  of(principal: Principal): Grant {
    let grant = this.known.get(principal);
    if (!grant) {
      grant = grantOf(principal);
      this.known.set(principal, grant);
    }
    return grant;
  }
}
