import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Clock } from '../../kernel/clock.js';
import type { FilterSpec } from '../../kernel/filter-spec.js';
import { sha256 } from '../../kernel/ids.js';
import { ProblemError } from '../../kernel/problem.js';
import { PRINCIPAL_TOKEN_PREFIX } from '../../kernel/token-strength.js';
import { PrincipalRights } from '../principal-rights.js';
import type { Principal, Scope } from '../principal.js';
import type { PrincipalAct } from '../security-events.js';
import { AdministrationTurns } from './administration-turns.js';
import { administrates, AdministeredPrincipals } from './administered-principals.js';
import { PrincipalAdministration, type AdministrativeAct } from './principal-administration.js';
import type { ManagedCredential, ManagedPrincipal, PrincipalRecord } from './principal-record.js';
import { PrincipalRecords } from './principal-records.js';

/** Managed principals of one system: every instance and gateway has all of them in memory. */
const MOST_PRINCIPALS = 10_000;
/** Most credentials of one principal: the current one, and those in their grace time. */
const MOST_CREDENTIALS = 5;

/** What a managed principal may do, and until when. */
export interface PrincipalTerms {
  readonly scopes: readonly Scope[];
  readonly filter?: FilterSpec | undefined;
  readonly rateLimit?: number | undefined;
  readonly comment?: string | undefined;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
}

/** Changes: an absent field stays as it is, `null` removes it. */
export type ChangedTerms = {
  readonly [Field in keyof PrincipalTerms]?: PrincipalTerms[Field] | null | undefined;
};

/** Creates, changes, rotates and deletes managed principals. */
@Injectable()
export class PrincipalLifecycle {
  constructor(
    private readonly administered: AdministeredPrincipals,
    private readonly administration: PrincipalAdministration,
    private readonly records: PrincipalRecords,
    private readonly rights: PrincipalRights,
    private readonly clock: Clock,
    private readonly turns: AdministrationTurns,
  ) {}

  /**
   * @param tokenSha256 of a token that its holder made; absent: a token is made
   * @returns the token that was made: nobody can read it again
   * @throws ProblemError principal_exists; too_many_principals; insufficient_scope for more
   *   than the administrator may do itself; token_store_unavailable
   */
  async create(
    act: AdministrativeAct,
    terms: PrincipalTerms,
    tokenSha256?: string,
  ): Promise<string | undefined> {
    const { principalId: id, by } = act;
    this.requireGrantable(by, id, terms);
    if (this.rights.isConfigured(id)) throw exists();
    const token = tokenSha256 === undefined ? newPrincipalToken() : undefined;
    const hash = tokenSha256 ?? sha256(token ?? '');
    await this.turns.run(async () => {
      const isNew = (record: PrincipalRecord | undefined) => record?.managed === undefined;
      const managed = this.records.entries().filter((record) => !isNew(record)).length;
      if (managed >= MOST_PRINCIPALS) {
        throw new ProblemError(
          'too_many_principals',
          `There are ${MOST_PRINCIPALS} managed principals. Delete some that are not needed.`,
        );
      }
      if (this.rights.withCredential(hash)) throw exists();
      await this.update(act, 'created', (current, at) => {
        if (!isNew(current)) throw exists();
        const now = this.clock.now();
        const credentials = [{ hash, createdAt: now }];
        const own = { ...terms, createdBy: by.id, createdAt: now, credentials };
        return { id, at, disabled: false, managed: own };
      });
    });
    this.administration.announce(act, 'created');
    return token;
  }

  /**
   * Changes what a principal may do. Takes effect at once on every instance, on open
   * streams too.
   * @param confirm `CONFIRM_LAST`, when it takes the rights of the last administrator
   * @throws ProblemError not_found; principal_configured; insufficient_scope; last_administrator;
   *   token_store_unavailable
   */
  async change(
    act: AdministrativeAct,
    changed: ChangedTerms,
    confirm: string | undefined,
  ): Promise<void> {
    const { principalId: id, by } = act;
    await this.turns.run(() =>
      this.update(act, 'changed', (current, at) => {
        const entries = this.administered.find(id, by);
        const record = this.managed(current);
        this.requireGrantable(by, id, record.managed);
        const next = { ...record.managed, ...givenIn(changed) };
        this.requireGrantable(by, id, next);
        if (this.losesAdministration(record.managed, next)) {
          this.administered.requireOther(entries, confirm);
        }
        return { ...record, at, managed: next };
      }),
    );
    this.administration.announce(act, 'changed');
  }

  /**
   * Gives a principal a new token. The present ones stay valid for the grace time.
   * @param graceSec 0: they end now
   * @returns the new token, unless its holder made it; and when the previous ones end,
   *   epoch milliseconds
   * @throws ProblemError not_found; principal_configured; insufficient_scope where the
   *   principal may do more than the administrator; token_store_unavailable
   */
  async rotate(
    act: AdministrativeAct,
    graceSec: number,
    tokenSha256?: string,
  ): Promise<{ token: string | undefined; previousValidUntil: number }> {
    const { principalId: id, by } = act;
    const token = tokenSha256 === undefined ? newPrincipalToken() : undefined;
    const hash = tokenSha256 ?? sha256(token ?? '');
    const end = await this.turns.run(async () => {
      const now = this.clock.now();
      const validUntil = now + graceSec * 1000;
      await this.update(act, 'rotated', (current, at) => {
        this.administered.find(id, by);
        if (this.rights.withCredential(hash)) throw exists();
        const record = this.managed(current);
        this.requireGrantable(by, id, record.managed);
        const credentials = [
          ...ending(record.managed.credentials, now, validUntil),
          { hash, createdAt: now },
        ];
        return { ...record, at, managed: { ...record.managed, credentials } };
      });
      return validUntil;
    });
    this.administration.announce(act, 'rotated');
    return { token, previousValidUntil: end };
  }

  /**
   * Removes a principal with all its credentials. Its id can be used again. One that the
   * configuration names too stays as it is there.
   * @throws ProblemError not_found; principal_configured; last_administrator; token_store_unavailable
   */
  async delete(act: AdministrativeAct, confirm: string | undefined): Promise<void> {
    const { principalId: id, by } = act;
    await this.turns.run(() =>
      this.update(act, 'deleted', (current, at) => {
        const entries = this.administered.find(id, by);
        const isConfigured = this.rights.isConfigured(id);
        if (!isConfigured) this.administered.requireOther(entries, confirm);
        const { disabled } = managedOf(current);
        // What remains must not refuse a principal that has the id later.
        return { id, at, disabled: isConfigured && disabled };
      }),
    );
    this.administration.announce(act, 'deleted');
  }

  /** @param change looks the principal up itself: only then is a lost answer to a change known here */
  private async update(
    act: AdministrativeAct,
    what: PrincipalAct,
    change: (current: PrincipalRecord | undefined, at: number) => PrincipalRecord,
  ): Promise<void> {
    const { principalId } = act;
    // Throws what speaks against it.
    change(this.records.get(principalId), 0);
    return this.administration.decide(act, what, () => this.records.update(principalId, change));
  }

  private managed(record: PrincipalRecord | undefined) {
    return managedOf(this.rights.managedBy(record) && record);
  }

  /**
   * An administrator may neither grant rights that it lacks, nor take over a principal that
   * has them.
   */
  private requireGrantable(by: Principal, id: string, terms: PrincipalTerms): void {
    const missing = terms.scopes.filter((scope) => !by.scopes.has(scope));
    if (missing.length > 0) {
      throw new ProblemError(
        'insufficient_scope',
        `You do not have ${missing.join(', ')} yourself, and so cannot administrate a principal with it.`,
      );
    }
    const { scopes, filter } = terms;
    if (administrates(by, { id, filter, scopes: new Set(scopes) })) return;
    throw new ProblemError(
      'insufficient_scope',
      'The filter must lie inside your own: a principal may not read what you may not.',
    );
  }

  private losesAdministration(before: ManagedPrincipal, after: ManagedPrincipal): boolean {
    const isAdministrator = ({ scopes, expiresAt = Infinity }: ManagedPrincipal) =>
      scopes.includes('streams:admin') && expiresAt > this.clock.now();
    if (!isAdministrator(before)) return false;
    return !isAdministrator(after) || after.filter !== before.filter;
  }
}

/** 256 random bits behind a prefix that secret scanners and redaction can recognise. */
function newPrincipalToken(): string {
  return PRINCIPAL_TOKEN_PREFIX + randomBytes(32).toString('base64url');
}

/** The credentials that are still valid, each until `end` at the latest. */
function ending(
  credentials: readonly ManagedCredential[],
  now: number,
  end: number,
): readonly ManagedCredential[] {
  return credentials
    .map((one) => ({ ...one, expiresAt: Math.min(one.expiresAt ?? Infinity, end) }))
    .filter(({ expiresAt }) => expiresAt > now)
    .slice(-MOST_CREDENTIALS);
}

function managedOf(
  record: PrincipalRecord | undefined,
): PrincipalRecord & { managed: ManagedPrincipal } {
  if (record?.managed) return { ...record, managed: record.managed };
  throw new ProblemError(
    'principal_configured',
    'This principal is not managed here: it comes from the configuration or from the issuer. Change it there; revoke, disable and restore work for it too.',
  );
}

function givenIn(changed: ChangedTerms): Partial<PrincipalTerms> {
  const given = Object.entries(changed).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([field, value]) => [field, value ?? undefined]));
}

function exists(): ProblemError {
  return new ProblemError(
    'principal_exists',
    'There is a principal with this id, or with this token. Choose another id, or rotate or change the one that exists.',
  );
}
