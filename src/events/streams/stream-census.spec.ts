import { Subject } from 'rxjs';
import { LineBus } from '../../../test/support/line-bus.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { quiet } from '../../../test/support/redis-under-test.js';
import { AuditKey } from '../../audit/audit-key.js';
import { loadConfig } from '../../config/config.js';
import type { BusMessage } from '../../instances/instance-bus.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { Readiness } from '../../kernel/readiness.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamCensus } from './stream-census.js';
import { StreamRegistry } from './stream-registry.js';

const config = loadConfig({ VX11_STREAMS_PER_PRINCIPAL: '3', VX11_STREAMS_PER_ADDRESS: '32' });
const key = new AuditKey('k'.repeat(32));

function instances(...names: string[]) {
  const clock = new ManualClock();
  const line = new Subject<BusMessage>();
  const sent: string[] = [];
  const bodies: unknown[] = [];
  line.subscribe(({ from, body }) => {
    sent.push(from);
    bodies.push(body);
  });
  const all = names.map((name) => {
    const registry = new StreamRegistry();
    const census = new StreamCensus(registry, new LineBus(name, line), clock, key, config, quiet);
    const admission = new StreamAdmission(registry, census, new Readiness(clock), config, clock);
    // These tests need counts but no streams, so they write into the registry's map directly.
    const counts = registry.counts as Map<string, number>;
    return { admission, census, counts, from: registry.countsFrom as Map<string, number> };
  });
  return { clock, line, sent, bodies, all };
}

describe('the census of streams', () => {
  it('can be read after a peer has sent one without counts', () => {
    const { line, all } = instances('a');
    line.next({ topic: 'streams.census', from: 'odd', body: {} });
    expect(all[0]?.census.streamsOf('ana')).toBe(0);
    expect(all[0]?.census.streamsFrom('192.0.2.1')).toBe(0);
  });

  it("adds up the peers' streams and counts them against the principal's limit", async () => {
    const { all } = instances('a', 'b', 'c');
    const [a, b, c] = all;
    b?.counts.set('ana', 2);
    c?.counts.set('ana', 1);
    await Promise.all([b?.census.broadcast(), c?.census.broadcast()]);
    expect(a?.census.streamsOf('ana')).toBe(3);
    expect(a?.census.streamsOf('bob')).toBe(0);
    expect(() => a?.admission.admit('ana', EventFilter.ALL, '192.0.2.1')).toThrow(
      'too_many_streams',
    );
    expect(() => a?.admission.admit('bob', EventFilter.ALL, '192.0.2.1')).not.toThrow();
  });

  it("adds up the peers' streams of one client, IPv6 by /64, against the limit of its address", async () => {
    const { all } = instances('a', 'b', 'c');
    const [a, b, c] = all;
    for (const client of ['192.0.2.1', '2001:db8:0:1::/64']) {
      b?.from.set(client, 16);
      c?.from.set(client, 16);
    }
    await Promise.all([b?.census.broadcast(), c?.census.broadcast()]);
    for (const address of ['192.0.2.1', '2001:db8:0:1::7']) {
      expect(() => a?.admission.admit('ana', EventFilter.ALL, address)).toThrow('too_many_streams');
    }
    for (const address of ['192.0.2.2', '2001:db8:0:2::7']) {
      expect(() => a?.admission.admit('ana', EventFilter.ALL, address)).not.toThrow();
    }
  });

  it('sends clients with many streams only, a thousand at most, and no address in clear', async () => {
    const { bodies, all } = instances('a');
    for (let n = 0; n < 2_000; n += 1) all[0]?.from.set(`198.51.100.${n}`, n);
    await all[0]?.census.broadcast();
    const { from } = bodies[0] as { from: Record<string, number> };
    expect(Object.keys(from)).toHaveLength(1_000);
    expect(Math.min(...Object.values(from))).toBe(1_000);
    expect(JSON.stringify(bodies)).not.toContain('198.51');
    for (let n = 0; n < 2_000; n += 1) all[0]?.from.set(`198.51.100.${n}`, 1);
    await all[0]?.census.broadcast();
    expect(bodies[1]).toMatchObject({ from: {} });
  });

  it('takes the name of a property of every object for a principal without streams', async () => {
    const { all } = instances('a', 'b');
    await all[1]?.census.broadcast();
    expect(all[0]?.census.streamsOf('constructor')).toBe(0);
  });

  it('is sent when it has changed, and otherwise every five seconds', async () => {
    const { clock, sent, all } = instances('a', 'b');
    const [a] = all;
    await a?.census.broadcast();
    await a?.census.broadcast();
    expect(sent).toEqual(['a']);
    a?.counts.set('ana', 1);
    await a?.census.broadcast();
    expect(sent).toEqual(['a', 'a']);
    clock.advance(5_000);
    await a?.census.broadcast();
    expect(sent).toHaveLength(3);
  });

  it('is sent again, although unchanged, when a new peer appears', async () => {
    const { sent, all } = instances('a', 'b');
    const [a, b] = all;
    await a?.census.broadcast();
    await b?.census.broadcast();
    await a?.census.broadcast();
    expect(sent).toEqual(['a', 'b', 'a']);
  });

  it('drops a peer that leaves at once, and a silent one after sixteen seconds', async () => {
    const { clock, all } = instances('a', 'b', 'c');
    const [a, b, c] = all;
    await Promise.all([b?.census.broadcast(), c?.census.broadcast()]);
    expect(a?.census.peerCount).toBe(2);
    await b?.census.leave();
    expect(a?.census.peerCount).toBe(1);
    clock.advance(16_001);
    expect(a?.census.peerCount).toBe(0);
  });

  it('elects exactly one leader, and another one after the leader has left', async () => {
    const { all } = instances('b', 'a', 'c');
    const leaders = Promise.all(all.map(({ census }) => census.isLeader()));
    for (const { census } of [...all, ...all, ...all]) await census.broadcast();
    expect(await leaders).toEqual([false, true, false]);
    await all[1]?.census.leave();
    expect(await all[0]?.census.isLeader()).toBe(true);
  });
});
