import { MemoryEventLog } from '../../src/events/log/event-log.memory.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeEventLog } from './event-log.contract.js';

describeEventLog('memory', {
  async create(capacity) {
    const clock = new ManualClock();
    const log = new MemoryEventLog(capacity, clock);
    await log.open();
    return { log, clock };
  },
  async destroy({ log }) {
    await log.close();
  },
  clock: {
    advance: ({ clock }, ms) => clock.advance(ms),
    step: ({ clock }, ms) => clock.step(ms),
  },
});
