import { Subject } from 'rxjs';
import { Revocations } from './revocations.js';

/** Of this process, until it ends. */
export class MemoryRevocations extends Revocations {
  readonly revoked = new Subject<string>();
  private readonly credentials = new Set<string>();

  has(credential: string): boolean {
    return this.credentials.has(credential);
  }

  async add(principalId: string, credentials: readonly string[]): Promise<void> {
    for (const credential of credentials) this.credentials.add(credential);
    this.revoked.next(principalId);
  }
}
