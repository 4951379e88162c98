import { Subject } from 'rxjs';
import { RevocationTable, type Revocation } from '../../src/auth/revocation-table.js';
import { Revocations } from '../../src/auth/revocations.js';

/** Revocations that live as long as a test; checked by the contract suite like every adapter. */
export class MemoryRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  readonly changed = new Subject<void>();
  private readonly table = new RevocationTable();

  has(credentialHash: string): boolean {
    return this.table.has(credentialHash);
  }

  entries(): readonly Revocation[] {
    return this.table.entries;
  }

  async add(principalId: string, hashes: readonly string[]): Promise<void> {
    this.table.merge(this.table.decide(principalId, hashes, true, Date.now()));
    this.revoked.next(principalId);
    this.changed.next();
  }

  async restore(principalId: string, hashes: readonly string[]): Promise<void> {
    this.table.merge(this.table.decide(principalId, hashes, false, Date.now()));
    this.changed.next();
  }
}
