import { setImmediate as turn } from 'node:timers/promises';
import { fakeStream } from '../../../test/support/fake-stream.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { NoEventMetrics } from '../../../test/support/no-event-metrics.js';
import { newEvent } from '../../../test/support/new-event.js';
import { loadConfig } from '../../config/config.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { createLogger } from '../../kernel/logger.js';
import { NoEventTracing } from '../event-tracing.js';
import type { Page, ReadQuery } from '../log/event-log.js';
import { MemoryEventLog } from '../log/event-log.memory.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { EventHub } from './event-hub.js';
import { StreamOpening } from './stream-opening.js';

/** A log whose reads begin at once and end when the test calls `letGo`. */
class HeldLog extends MemoryEventLog {
  private readonly held: (() => void)[] = [];
  begun = 0;

  override async read(query: ReadQuery): Promise<Page> {
    this.begun += 1;
    await new Promise<void>((resolve) => this.held.push(resolve));
    return super.read(query);
  }

  async letGo(): Promise<void> {
    for (const resolve of this.held.splice(0)) resolve();
    await turn();
  }
}

describe('the beginning of streams', () => {
  it('limits the concurrent reads of one principal, and does not delay other principals', async () => {
    const clock = new ManualClock();
    const log = new HeldLog(100, clock);
    await log.open();
    await log.append([newEvent({ id: 'seen-by-all' })]);
    const logger = createLogger({ service: 't', level: 'fatal', pretty: false });
    const hub = new EventHub(log, new NoEventMetrics(), new NoEventTracing(), clock, logger);
    hub.start();
    const reads = new PrincipalReads(loadConfig({ VX11_READS_PER_PRINCIPAL: '2' }));
    const open = (principalId: string) => {
      const { res, stream } = fakeStream(EventFilter.ALL, { principalId });
      const wish = { filter: {}, lastEventId: undefined, follow: false };
      void new StreamOpening(log, reads, hub, new NoEventMetrics(), 100).run(
        stream,
        wish,
        () => {},
      );
      return res;
    };
    const greedy = Array.from({ length: 5 }, () => open('greedy'));
    await turn();
    expect(log.begun).toBe(2);
    const modest = open('modest');
    await turn();
    expect(log.begun).toBe(3);
    await log.letGo();
    expect(modest.text).toContain('seen-by-all');
    expect(log.begun).toBe(5);
    await log.letGo();
    await log.letGo();
    for (const { text } of greedy) expect(text).toContain('seen-by-all');
    expect(reads.keys).toBe(0);
    hub.stop();
  });
});
