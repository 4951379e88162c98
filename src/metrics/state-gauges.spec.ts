import { register } from 'prom-client';
import { ManualClock } from '../../test/support/manual-clock.js';
import { MemoryEventLog } from '../events/log/event-log.memory.js';
import { StreamRegistry } from '../events/streams/stream-registry.js';
import { MemoryTokenCache } from '../token-cache/token-cache.memory.js';
import { StateGauges } from './state-gauges.prometheus.js';

describe('the state gauges', () => {
  const clock = new ManualClock();
  const log = new MemoryEventLog(100, clock);

  beforeAll(() => {
    register.clear();
    const tokens = new MemoryTokenCache(clock, { count: 10, bytes: 100_000 });
    new StateGauges(tokens, new StreamRegistry(), log);
  });

  afterAll(() => register.clear());

  it('are all scraped while the event log does not answer; its length is then NaN', async () => {
    const text = await register.metrics();
    expect(text).toMatch(/^vx11_operator_event_log_length NaN$/im);
    expect(text).toMatch(/^vx11_operator_ephemeral_tokens_active 0$/m);
  });

  it('show the length of the log once it answers', async () => {
    await log.open();
    expect(await register.metrics()).toMatch(/^vx11_operator_event_log_length 0$/m);
  });
});
