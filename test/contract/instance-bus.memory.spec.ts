import { MemoryInstanceBus } from '../../src/instances/instance-bus.memory.js';
import { describeInstanceBus } from './instance-bus.contract.js';

describeInstanceBus('memory', {
  create: async () => ({ bus: new MemoryInstanceBus() }),
  destroy: async () => {},
});
