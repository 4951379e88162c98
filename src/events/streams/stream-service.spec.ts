import type { Request } from 'express';
import { AuditNotes } from '../../../test/support/audit-notes.js';
import { FakeResponse } from '../../../test/support/fake-response.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { loadConfig } from '../../config/config.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { createLogger } from '../../kernel/logger.js';
import { Readiness } from '../../kernel/readiness.js';
import { EventHub } from './event-hub.js';
import { MemoryEventLog } from '../log/event-log.memory.js';
import type { GoodbyeReason } from '../end-reason.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { EventMetrics } from '../event-metrics.js';
import { NoEventTracing } from '../event-tracing.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamRegistry } from './stream-registry.js';
import { StreamService } from './stream-service.js';
import { SystemEvents } from '../announce/system-events.js';

class NoMetrics extends EventMetrics {
  override opened = () => undefined;
  override ended = () => undefined;
  override delivered = () => undefined;
  override replayed = () => undefined;
  override gap = () => undefined;
  override published = () => undefined;
}

/** Opens a stream on a response whose head Nest has not sent yet. */
function opening(expiresAt?: number) {
  const clock = new ManualClock();
  const log = new MemoryEventLog(100, clock);
  const logger = createLogger({ service: 't', level: 'fatal', pretty: false });
  const metrics = new NoMetrics();
  const registry = new StreamRegistry();
  const config = loadConfig({});
  const remote = { streamsOf: () => 0 };
  const service = new StreamService(
    log,
    new PrincipalReads(config),
    new EventHub(log, metrics, new NoEventTracing(), clock, logger),
    new StreamAdmission(registry, remote, new Readiness(clock), config),
    registry,
    metrics,
    new SystemEvents(log, metrics, clock, logger),
    new AuditNotes(),
    clock,
    logger,
    config,
  );
  const res = new FakeResponse();
  res.headersSent = false;
  const access = {
    credential: 'ephemeral' as const,
    principalId: 'p',
    filter: EventFilter.ALL,
    expiresAt: expiresAt === undefined ? undefined : clock.now() + expiresAt,
    tokenHash: undefined,
    deprecated: false,
  };
  const wish = { filter: {}, lastEventId: undefined, follow: true };
  const socket = { setKeepAlive: () => undefined };
  const req = { headers: {}, ip: '', correlationId: 'c', socket } as unknown as Request;
  const outcome = new Promise<unknown>((resolve) => {
    service
      .open(req, Object.assign(res, { writeHead: () => res }).asResponse(), access, wish)
      .subscribe({ error: resolve, complete: () => resolve('complete') });
  });
  return { res, registry, outcome };
}

describe('a stream that ends before its response head is sent', () => {
  it.each([
    ['draining', 'draining'],
    ['revoked', 'invalid_token'],
    ['admin', 'invalid_token'],
  ] as const)('because of %s is refused with %s, and no byte is written', async (reason, code) => {
    const { res, registry, outcome } = opening();
    registry.endWhere(() => true, reason as GoodbyeReason);
    expect(await outcome).toMatchObject({ code });
    expect(res.text).toBe('');
    expect(registry.size).toBe(0);
  });
});

describe('a stream whose access expires', () => {
  it('ends at the expiry with goodbye expired, before the maximum age', async () => {
    jest.useFakeTimers();
    const { res, outcome } = opening(60_000);
    res.headersSent = true;
    jest.advanceTimersByTime(59_999);
    expect(res.text).toBe('');
    jest.advanceTimersByTime(1);
    expect(res.text).toContain('"reason":"expired","reconnect":true');
    expect(await outcome).toBe('complete');
    jest.useRealTimers();
  });
});
