import { Subject } from 'rxjs';
import type { Clock } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';
import { isIssuedPrincipal } from './identity/issued-principal.js';
import type { OpaqueCredential, Principal } from './principal.js';
import type { ManagedPrincipal, PrincipalRecord } from './principals/principal-record.js';
import type { PrincipalRecords } from './principals/principal-records.js';
import type { Revocations } from './revocations.js';

/** Why a known credential is refused. */
export type Refusal = 'revoked' | 'disabled' | 'expired';

/** Why a known credential is refused, and what to do, in a sentence for its holder. */
const REFUSALS: Readonly<Record<Refusal, string>> = {
  revoked: 'This principal was revoked. An administrator can restore it or give it a new token.',
  disabled: 'This principal is disabled. An administrator can restore it.',
  expired:
    'This token has expired: its principal has, or it was replaced by a newer one. An administrator can extend the principal or give it a new token.',
};

/** A right that ended; what was opened with it ends too. */
export interface EndedRight {
  readonly principalId: string;
  /** Only what rests on this credential; absent: all of the principal. */
  readonly credentialHash?: string | undefined;
  /** Only what belongs to this session. */
  readonly sessionId?: string | undefined;
  readonly reason: 'revoked' | 'expired';
}

/**
 * What every principal may do now: the configuration, the records of the administrators
 * and the revocations taken together. All look-ups are in memory.
 */
export class PrincipalRights {
  /** Emits every right that ends, on this instance or another. */
  readonly ended = new Subject<EndedRight>();
  /** Emits the ids of principals whose rights may have changed, wider or narrower. */
  readonly changed = new Subject<string>();
  private readonly configured: ReadonlyMap<string, Principal>;
  private readonly configuredIds: ReadonlySet<string>;
  /** Credentials by principal, as of the last record. */
  private readonly known = new Map<string, readonly string[]>();
  /** Times at which a credential or a principal ends, with what ends. */
  private readonly ends = new Map<string, { at: number; right: EndedRight }>();

  constructor(
    configured: readonly OpaqueCredential[],
    private readonly records: PrincipalRecords,
    private readonly revocations: Revocations,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.configured = new Map(
      configured.map(({ tokenSha256, principal }) => {
        const credentialHash = tokenSha256.toLowerCase();
        return [credentialHash, { ...principal, credentialHash }];
      }),
    );
    this.configuredIds = new Set(configured.map(({ principal }) => principal.id));
    for (const record of records.entries()) {
      this.known.set(record.id, hashesOf(record));
      this.schedule(record);
    }
    records.updates.subscribe((news) => {
      for (const record of news) this.apply(record);
    });
    revocations.revoked.subscribe((principalId) =>
      this.ended.next({ principalId, reason: 'revoked' }),
    );
  }

  /**
   * The principal that has this credential, whether it is admitted now or not.
   * @throws ProblemError revocations_unknown, at a gateway
   */
  withCredential(credentialHash: string): Principal | undefined {
    const configured = this.configured.get(credentialHash);
    if (configured) return configured;
    const record = this.records.withCredential(credentialHash);
    const managed = this.managedBy(record);
    return record && managed && principalOf(record.id, managed, credentialHash);
  }

  /**
   * What administrators created under this id; undefined where the configuration names the id
   * too. It may do so later than they: one id must not be two principals with different rights.
   */
  managedBy(record: PrincipalRecord | undefined): ManagedPrincipal | undefined {
    return record && !this.isConfigured(record.id) ? record.managed : undefined;
  }

  /** Ids under which administrators created principals that the configuration takes the place of. */
  overruled(): readonly string[] {
    return this.records
      .entries()
      .filter((record) => record.managed && this.isConfigured(record.id))
      .map(({ id }) => id);
  }

  /**
   * Why a credential of this principal is refused now; `undefined`: it is admitted.
   * @param credentialHash absent: the principal has none that can be revoked
   * @throws ProblemError revocations_unknown, at a gateway
   */
  refusal(principalId: string, credentialHash: string | undefined): Refusal | undefined {
    const record = this.records.get(principalId);
    if (record?.disabled) return 'disabled';
    if (credentialHash === undefined) return undefined;
    if (this.revocations.has(credentialHash)) return 'revoked';
    if (this.configured.has(credentialHash) || !record) return undefined;
    const { managed } = record;
    const credential = managed?.credentials.find(({ hash }) => hash === credentialHash);
    if (this.isConfigured(principalId)) return credential && 'expired';
    // The record of a deleted principal, else of one of the issuer.
    if (!managed) return isIssuedPrincipal(principalId) ? undefined : 'revoked';
    // Rotation drops credentials whose grace time is over.
    if (!credential) return 'expired';
    const now = this.clock.now();
    const isOver = (at: number | undefined) => at !== undefined && at <= now;
    return isOver(managed.expiresAt) || isOver(credential.expiresAt) ? 'expired' : undefined;
  }

  /**
   * When the rights of this credential end, as administrators have decided so far, epoch
   * milliseconds; undefined: never. `ended` reports the end.
   */
  endOf(credentialHash: string): number | undefined {
    const { expiresAt, credentials = [] } =
      this.managedBy(this.records.withCredential(credentialHash)) ?? {};
    const own = credentials.find(({ hash }) => hash === credentialHash)?.expiresAt;
    const ends = [expiresAt, own].filter((at) => at !== undefined);
    return ends.length > 0 ? Math.min(...ends) : undefined;
  }

  /** Every configured or managed principal, once for each of its credentials. */
  principals(): readonly Principal[] {
    const managed = this.records.entries().flatMap((record) => this.principalsOf(record));
    return [...this.configured.values(), ...managed];
  }

  /** The principal of this id, once for each of its credentials; empty: there is none. */
  withId(principalId: string): readonly Principal[] {
    const configured = [...this.configured.values()].filter(({ id }) => id === principalId);
    const record = this.records.get(principalId);
    return [...configured, ...(record ? this.principalsOf(record) : [])];
  }

  /** Whether the configuration names it. */
  isConfigured(principalId: string): boolean {
    return this.configuredIds.has(principalId);
  }

  /** Ends what has expired since the last call; called every second. */
  sweep(): void {
    const now = this.clock.now();
    for (const [key, { at, right }] of this.ends) {
      if (at > now) continue;
      this.ends.delete(key);
      this.ended.next(right);
    }
  }

  private apply(record: PrincipalRecord): void {
    this.schedule(record);
    const { id: principalId, disabled } = record;
    if (disabled) this.ended.next({ principalId, reason: 'revoked' });
    // What an administrator ends now must not wait for the next sweep.
    this.sweep();
    const hashes = hashesOf(record);
    for (const credentialHash of this.known.get(principalId) ?? []) {
      if (hashes.includes(credentialHash)) continue;
      this.ended.next({ principalId, credentialHash, reason: 'revoked' });
    }
    this.known.set(principalId, hashes);
    this.changed.next(principalId);
  }

  private principalsOf(record: PrincipalRecord): readonly Principal[] {
    const managed = this.managedBy(record);
    return managed?.credentials.map(({ hash }) => principalOf(record.id, managed, hash)) ?? [];
  }

  private schedule(record: PrincipalRecord): void {
    const { id: principalId } = record;
    const managed = this.managedBy(record);
    const plan = (key: string, at: number | undefined, right: EndedRight) => {
      if (at === undefined) this.ends.delete(key);
      else this.ends.set(key, { at, right });
    };
    plan(`of ${principalId}`, managed?.expiresAt, { principalId, reason: 'expired' });
    for (const { hash, expiresAt } of managed?.credentials ?? []) {
      plan(hash, expiresAt, { principalId, credentialHash: hash, reason: 'expired' });
    }
  }
}

function hashesOf({ managed }: PrincipalRecord): readonly string[] {
  return managed?.credentials.map(({ hash }) => hash) ?? [];
}

function principalOf(id: string, managed: ManagedPrincipal, credentialHash: string): Principal {
  const { scopes, filter, rateLimit } = managed;
  return { id, credentialHash, scopes: new Set(scopes), filter, rateLimit };
}

/** @returns the problem for the holder of a credential that is refused */
export function refused(refusal: Refusal): ProblemError {
  return new ProblemError('invalid_token', REFUSALS[refusal]);
}

/** Whether something that a principal opened rests on a right. */
export function restsOn(
  opened: {
    readonly principalId: string | undefined;
    readonly credentialHash?: string | undefined;
    readonly sessionId?: string | undefined;
  },
  right: Omit<EndedRight, 'reason'>,
): boolean {
  return (
    opened.principalId === right.principalId &&
    (right.credentialHash === undefined || opened.credentialHash === right.credentialHash) &&
    (right.sessionId === undefined || opened.sessionId === right.sessionId)
  );
}
