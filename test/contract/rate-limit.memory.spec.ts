import { MemoryRateLimit } from '../../src/auth/rate-limit.memory.js';
import { describeRateLimit } from './rate-limit.contract.js';

describeRateLimit('memory', {
  create: async () => new MemoryRateLimit(),
  destroy: async () => {},
});
