import type { OpaqueCredential } from '../../src/auth/principal.js';
import { PrincipalRights } from '../../src/auth/principal-rights.js';
import { PRINCIPAL_RECORDS } from '../../src/auth/principals/principal-record.js';
import { PrincipalRecords } from '../../src/auth/principals/principal-records.js';
import { MemoryReplica } from '../../src/auth/replicas/replica.memory.js';
import { REVOCATIONS } from '../../src/auth/revocation.js';
import { Revocations } from '../../src/auth/revocations.js';
import { SystemClock, type Clock } from '../../src/kernel/clock.js';

/** The rights of principals without a store, and what decides about them. */
export function memoryRights(
  credentials: readonly OpaqueCredential[] = [],
  clock: Clock = new SystemClock(),
) {
  const revocations = new Revocations(new MemoryReplica(REVOCATIONS, clock));
  const records = new PrincipalRecords(new MemoryReplica(PRINCIPAL_RECORDS, clock));
  const rights = new PrincipalRights(credentials, records, revocations, clock);
  return { rights, records, revocations };
}
