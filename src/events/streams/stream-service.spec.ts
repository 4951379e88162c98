import { EventEmitter } from 'node:events';
import type { Request } from 'express';
import type { AuditTrail } from '../../audit/audit-trail.js';
import { AuditNotes } from '../../../test/support/audit-notes.js';
import { FakeResponse } from '../../../test/support/fake-response.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { NoEventMetrics } from '../../../test/support/no-event-metrics.js';
import { loadConfig } from '../../config/config.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { createLogger } from '../../kernel/logger.js';
import { Readiness } from '../../kernel/readiness.js';
import { EventHub } from './event-hub.js';
import { MemoryEventLog } from '../log/event-log.memory.js';
import { PrincipalReads } from '../log/principal-reads.js';
import { NoEventTracing } from '../event-tracing.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamRegistry } from './stream-registry.js';
import { StreamService } from './stream-service.js';
import { SystemEvents } from '../announce/system-events.js';

/** Keeps the time to the first frame of each stream, seconds. */
class Beginnings extends NoEventMetrics {
  readonly seconds: number[] = [];

  override begun(seconds: number): void {
    this.seconds.push(seconds);
  }
}

/** Opens a stream on a connection that the test can close. */
async function opening({
  expiresAt,
  isGone = false,
  audit = new AuditNotes(),
  before = () => {},
  meanwhile = () => {},
}: {
  expiresAt?: number;
  isGone?: boolean;
  audit?: AuditTrail;
  /** Called before, and after, the credential is checked. */
  before?: (registry: StreamRegistry) => void;
  meanwhile?: (registry: StreamRegistry) => void;
} = {}) {
  const clock = new ManualClock();
  const log = new MemoryEventLog(100, clock);
  const logger = createLogger({ service: 't', level: 'fatal', pretty: false });
  const metrics = new Beginnings();
  const registry = new StreamRegistry();
  const config = loadConfig({});
  const remote = { streamsOf: () => 0, streamsFrom: () => 0 };
  const service = new StreamService(
    log,
    new PrincipalReads(config),
    new EventHub(log, metrics, new NoEventTracing(), clock, logger),
    new StreamAdmission(registry, remote, new Readiness(clock), config, clock),
    registry,
    metrics,
    new SystemEvents(log, metrics, clock, logger),
    audit,
    clock,
    logger,
    config,
  );
  await log.open();
  const res = new FakeResponse();
  before(registry);
  const access = {
    credential: 'ephemeral' as const,
    principalId: 'p',
    filter: EventFilter.ALL,
    expiresAt: expiresAt === undefined ? undefined : clock.now() + expiresAt,
    tokenHash: undefined,
    deprecated: false,
    since: registry.moment,
  };
  const wish = { filter: {}, lastEventId: undefined, follow: true };
  const socket = Object.assign(new EventEmitter(), { destroyed: isGone });
  const req = { headers: {}, ip: '', correlationId: 'c', socket } as unknown as Request;
  meanwhile(registry);
  service.open(req, res.asResponse(), access, wish);
  return { res, registry, service, socket, clock, metrics };
}

describe('a stream', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is not opened for a client that has left meanwhile', async () => {
    const { res, registry } = await opening({ isGone: true });
    expect(registry.size).toBe(0);
    expect(res.text).toBe('');
  });

  it('ends with its connection, and leaves no listener on it', async () => {
    const { registry, socket } = await opening();
    expect(registry.size).toBe(1);
    socket.emit('close');
    await Promise.resolve();
    expect(registry.size).toBe(0);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it.each([
    ['the end of its right', 1, '"reason":"revoked"'],
    ['more ends than are remembered', 5_000, '"reason":"expired"'],
  ])('ends by %s while it was opening', async (_, ends, reason) => {
    const { res, registry } = await opening({
      meanwhile: (all) => {
        for (let n = 0; n < ends; n += 1) {
          all.endWhere(({ info }) => info.access.principalId === (n === 0 ? 'p' : 'q'), 'revoked');
        }
      },
    });
    await Promise.resolve();
    expect(res.text).toContain(reason);
    expect(res.ended).toBe(true);
    expect(registry.size).toBe(0);
  });

  it('does not end by what ended another right while it was opening, or its own before', async () => {
    const { res, registry } = await opening({
      before: (all) => void all.endWhere(() => true, 'revoked'),
      meanwhile: (all) =>
        void all.endWhere(({ info }) => info.access.principalId === 'q', 'revoked'),
    });
    await Promise.resolve();
    expect(registry.size).toBe(1);
    expect(res.text).not.toContain('goodbye');
  });

  it('leaves no listener on a connection that outlives it', async () => {
    const { res, registry, socket } = await opening();
    registry.endWhere(() => true, 'admin');
    await Promise.resolve();
    expect(res.text).toContain('"reason":"admin"');
    expect(res.ended).toBe(true);
    expect(socket.listenerCount('close')).toBe(0);
  });

  it('is timed up to its first frame, the storing of its audit entry included', async () => {
    const stored = Promise.withResolvers<void>();
    const { res, clock, metrics } = await opening({ audit: { record: () => stored.promise } });
    clock.advance(2_000);
    expect(metrics.seconds).toEqual([]);
    stored.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(res.text).toContain('event: snapshot');
    expect(metrics.seconds).toEqual([2]);
  });

  it('gets a comment instead of a heartbeat before its first frame', async () => {
    const stored = Promise.withResolvers<void>();
    const { res, service } = await opening({ audit: { record: () => stored.promise } });
    for (let second = 0; second < 15; second += 1) service.beat();
    expect(res.text).toBe(':\n\n');
    stored.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(res.text).toMatch(/^:\n\nretry: \d+\nevent: snapshot\n/);
    for (let second = 0; second < 15; second += 1) service.beat();
    expect(res.text).toContain('event: heartbeat');
  });

  it('is not timed when its client leaves before the first frame', async () => {
    const stored = Promise.withResolvers<void>();
    const { metrics, socket } = await opening({ audit: { record: () => stored.promise } });
    socket.emit('close');
    stored.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(metrics.seconds).toEqual([]);
  });

  it('ends at the expiry of its access with goodbye expired, before the maximum age', async () => {
    const { res } = await opening({ expiresAt: 60_000 });
    jest.advanceTimersByTime(59_999);
    expect(res.text).not.toContain('goodbye');
    jest.advanceTimersByTime(1);
    expect(res.text).toContain('"reason":"expired","reconnect":true');
    expect(res.ended).toBe(true);
  });
});
