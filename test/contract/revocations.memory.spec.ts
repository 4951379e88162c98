import { MemoryRevocations } from '../support/memory-revocations.js';
import { describeRevocations } from './revocations.contract.js';

describeRevocations('memory, as the unit tests use it', {
  create: async () => new MemoryRevocations(),
  destroy: async () => {},
});
