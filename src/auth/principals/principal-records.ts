import { registerCredentialHash } from '../../kernel/redaction.js';
import type { Replica } from '../replicas/replica.js';
import type { PrincipalRecord } from './principal-record.js';

/** What the administrators decided about principals, on all instances; searchable by credential. */
export class PrincipalRecords {
  private readonly idByHash = new Map<string, string>();

  constructor(private readonly replica: Replica<PrincipalRecord>) {
    this.index(replica.entries());
    replica.updates.subscribe((news) => this.index(news));
  }

  /** Records that are new here, whichever instance changed them. */
  get updates(): Replica<PrincipalRecord>['updates'] {
    return this.replica.updates;
  }

  /** @throws ProblemError revocations_unknown, at a gateway */
  get(id: string): PrincipalRecord | undefined {
    return this.replica.get(id);
  }

  entries(): readonly PrincipalRecord[] {
    return this.replica.entries();
  }

  /**
   * The record that has this credential, expired or not.
   * @throws ProblemError revocations_unknown, at a gateway
   */
  withCredential(hash: string): PrincipalRecord | undefined {
    this.replica.requireKnown();
    const id = this.idByHash.get(hash);
    return id === undefined ? undefined : this.replica.get(id);
  }

  /**
   * Changes one record in one step; see `Replica.update`.
   * @throws ProblemError token_store_unavailable
   */
  update(
    id: string,
    change: (current: PrincipalRecord | undefined, at: number) => PrincipalRecord,
  ): Promise<PrincipalRecord> {
    return this.replica.update(id, change);
  }

  /** A hash stays in the index when its record no longer has it: callers check the record. */
  private index(records: readonly PrincipalRecord[]): void {
    for (const { id, managed } of records) {
      for (const { hash } of managed?.credentials ?? []) {
        this.idByHash.set(hash, id);
        registerCredentialHash(hash);
      }
    }
  }
}
