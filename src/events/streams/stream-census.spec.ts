import { Subject } from 'rxjs';
import { LineBus } from '../../../test/support/line-bus.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { quiet } from '../../../test/support/redis-under-test.js';
import type { BusMessage } from '../../instances/instance-bus.js';
import { StreamCensus } from './stream-census.js';
import { StreamRegistry } from './stream-registry.js';

function instances(...names: string[]) {
  const clock = new ManualClock();
  const line = new Subject<BusMessage>();
  const sent: string[] = [];
  line.subscribe(({ from }) => void sent.push(from));
  const all = names.map((name) => {
    const registry = new StreamRegistry({ total: 100, perPrincipal: 3 });
    const census = new StreamCensus(registry, new LineBus(name, line), clock, quiet);
    // What the registry counts is what its streams say; here only the counts matter.
    const counts = registry.counts as Map<string, number>;
    return { registry, census, counts };
  });
  return { clock, sent, all };
}

describe('the census of streams', () => {
  it('adds up what the others have, and counts it against the limit', async () => {
    const { all } = instances('a', 'b', 'c');
    const [a, b, c] = all;
    b?.counts.set('ana', 2);
    c?.counts.set('ana', 1);
    await Promise.all([b?.census.say(), c?.census.say()]);
    expect(a?.census.elsewhere('ana')).toBe(3);
    expect(a?.census.elsewhere('bob')).toBe(0);
    expect(() => a?.registry.admit('ana')).toThrow('too_many_streams');
    expect(() => a?.registry.admit('bob')).not.toThrow();
  });

  it('is said when it has changed, and else every five seconds', async () => {
    const { clock, sent, all } = instances('a', 'b');
    const [a] = all;
    await a?.census.say();
    await a?.census.say();
    expect(sent).toEqual(['a']);
    a?.counts.set('ana', 1);
    await a?.census.say();
    expect(sent).toEqual(['a', 'a']);
    clock.advance(5_000);
    await a?.census.say();
    expect(sent).toHaveLength(3);
  });

  it('is said at once to an instance that is new', async () => {
    const { sent, all } = instances('a', 'b');
    const [a, b] = all;
    await a?.census.say();
    await b?.census.say();
    await a?.census.say();
    expect(sent).toEqual(['a', 'b', 'a']);
  });

  it('forgets who left at once, and who died after sixteen seconds', async () => {
    const { clock, all } = instances('a', 'b', 'c');
    const [a, b, c] = all;
    await Promise.all([b?.census.say(), c?.census.say()]);
    expect(a?.census.instances).toBe(2);
    await b?.census.leave();
    expect(a?.census.instances).toBe(1);
    clock.advance(16_001);
    expect(a?.census.instances).toBe(0);
  });

  it('lets exactly one instance tell what all of them see', async () => {
    const { all } = instances('b', 'a', 'c');
    const speakers = Promise.all(all.map(({ census }) => census.speaks()));
    for (const { census } of [...all, ...all, ...all]) await census.say();
    expect(await speakers).toEqual([false, true, false]);
    await all[1]?.census.leave();
    expect(await all[0]?.census.speaks()).toBe(true);
  });
});
