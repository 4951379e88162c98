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
      void new StreamOpening(log, reads, hub, new NoEventMetrics(), 100, clock).run(
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

  it('lets the event loop serve others while many replay what is in memory', async () => {
    const clock = new ManualClock();
    const log = new MemoryEventLog(1000, clock);
    await log.open();
    await log.append([newEvent({ id: 'before' })]);
    const { newest } = await log.bounds();
    const large = 'x'.repeat(20_000);
    await log.append(Array.from({ length: 100 }, () => newEvent({ data: { large } })));
    const logger = createLogger({ service: 't', level: 'fatal', pretty: false });
    const hub = new EventHub(log, new NoEventMetrics(), new NoEventTracing(), clock, logger);
    hub.start();
    const reads = new PrincipalReads(loadConfig({}));
    const opening = new StreamOpening(log, reads, hub, new NoEventMetrics(), 100, clock);
    let writes = 0;
    const streams = Array.from({ length: 30 }, () => fakeStream(EventFilter.ALL));
    for (const { res, stream } of streams) {
      res.on('written', () => {
        writes += 1;
        clock.advance(1);
      });
      void opening.run(stream, { filter: {}, lastEventId: newest, follow: false }, () => {});
    }
    const steps: number[] = [];
    let before = 0;
    while (streams.some(({ stream }) => stream.open)) {
      await turn();
      steps.push(writes - before);
      before = writes;
    }
    for (const { res } of streams) expect(res.ids()).toHaveLength(100);
    // Fifty writes for each client, of which each takes a millisecond here.
    expect(writes).toBeGreaterThan(30 * 50);
    expect(Math.max(...steps)).toBeLessThan(10);
    hub.stop();
  });
});
