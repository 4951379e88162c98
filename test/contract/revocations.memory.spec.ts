import { MemoryRevocations } from '../../src/auth/revocations.memory.js';
import { describeRevocations } from './revocations.contract.js';

describeRevocations('memory', {
  create: async () => new MemoryRevocations(),
  destroy: async () => {},
});
