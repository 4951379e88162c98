import { MemoryReplica } from '../../src/auth/replicas/replica.memory.js';
import type { Entry, EntryKind } from '../../src/auth/replicas/replica.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { describeReplica } from './replica.contract.js';

describeReplica('memory, as the unit tests use it', {
  create: async <E extends Entry>(kind: EntryKind<E>) => new MemoryReplica(kind, new SystemClock()),
  destroy: async () => {},
});
