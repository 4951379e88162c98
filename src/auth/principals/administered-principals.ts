import { Injectable } from '@nestjs/common';
import { ProblemError } from '../../kernel/problem.js';
import { liesWithin } from '../filter-bounds.js';
import { isIssuedPrincipal, issuedCredentialHash } from '../identity/issued-principal.js';
import { PrincipalRights } from '../principal-rights.js';
import type { Principal } from '../principal.js';
import { PrincipalRecords } from './principal-records.js';

/** The value of `?confirm=` with which the last administrator can be locked out. */
export const CONFIRM_LAST = 'last_administrator';

/**
 * Which principals an administrator may see and change. One with a filter administrates
 * only principals whose own filter lies inside it; for it, no others exist.
 */
@Injectable()
export class AdministeredPrincipals {
  constructor(
    private readonly rights: PrincipalRights,
    private readonly records: PrincipalRecords,
  ) {}

  /**
   * The principal, once for each of its credentials.
   * @throws ProblemError not_found, also for one outside of the administrator's filter
   */
  find(principalId: string, by: Principal): readonly Principal[] {
    const entries = this.entriesOf(principalId);
    if (entries.length === 0 || !entries.every((entry) => administrates(by, entry))) {
      throw new ProblemError('not_found', 'No principal that you administrate has this id.');
    }
    return entries;
  }

  /** Ids of all principals that it administrates, in order. */
  idsFor(by: Principal): readonly string[] {
    const ids = new Set([
      ...this.rights.principals().map(({ id }) => id),
      ...this.records.entries().map(({ id }) => id),
    ]);
    return [...ids]
      .filter((id) => {
        const entries = this.entriesOf(id);
        return entries.length > 0 && entries.every((entry) => administrates(by, entry));
      })
      .toSorted();
  }

  /**
   * Lets an act pass that takes the rights of these principals, unless nobody could restore them.
   * @param confirm `CONFIRM_LAST`: it passes nevertheless
   * @throws ProblemError last_administrator
   */
  requireOther(target: readonly Principal[], confirm: string | undefined): void {
    if (confirm === CONFIRM_LAST || this.hasOtherAdministrator(target)) return;
    throw new ProblemError(
      'last_administrator',
      `Nobody else who is not revoked may restore "${target[0]?.id}": afterwards only a changed configuration lets an administrator in again. ` +
        `To do it nevertheless, send the request with ?confirm=${CONFIRM_LAST}.`,
    );
  }

  private entriesOf(id: string): readonly Principal[] {
    const entries = this.rights.withId(id);
    if (entries.length > 0 || !isIssuedPrincipal(id)) return entries;
    // Only the issuer knows its principals. Each of its ids counts as a principal without a
    // filter.
    return [{ id, credentialHash: issuedCredentialHash(id), scopes: new Set() }];
  }

  private hasOtherAdministrator(target: readonly Principal[]): boolean {
    return this.rights
      .principals()
      .some(
        (other) =>
          other.scopes.has('streams:admin') &&
          !target.some(({ id }) => id === other.id) &&
          this.rights.refusal(other.id, other.credentialHash) === undefined &&
          target.every((entry) => administrates(other, entry)),
      );
  }
}

export function administrates(administrator: Principal, principal: Principal): boolean {
  return liesWithin(specsOf(principal), specsOf(administrator));
}

function specsOf({ filter }: Principal) {
  return filter === undefined ? [] : [filter];
}
