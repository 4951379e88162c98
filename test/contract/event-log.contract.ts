import { describeAcceptance } from './event-log.acceptance.js';
import type { EventLogAdapter, LogUnderTest } from './event-log.adapter.js';
import { describeCounting } from './event-log.counting.js';
import { describeDurability } from './event-log.durability.js';
import { describeModel } from './event-log.model.js';
import { describeReading } from './event-log.reading.js';
import { describeSearching } from './event-log.searching.js';
import { describeTrimming } from './event-log.trimming.js';

/** Every sentence of the port's comments, for one adapter. */
export function describeEventLog<T extends LogUnderTest>(
  name: string,
  adapter: EventLogAdapter<T>,
): void {
  describe(`EventLog: ${name}`, () => {
    describeAcceptance(adapter);
    describeReading(adapter);
    describeCounting(adapter);
    describeSearching(adapter);
    describeTrimming(adapter);
    describeDurability(adapter);
    describeModel(adapter);
  });
}
