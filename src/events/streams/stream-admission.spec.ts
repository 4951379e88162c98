import { fakeStream } from '../../../test/support/fake-stream.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { loadConfig } from '../../config/config.js';
import { EventFilter } from '../../kernel/event-filter.js';
import { Readiness } from '../../kernel/readiness.js';
import { StreamAdmission } from './stream-admission.js';
import { StreamRegistry } from './stream-registry.js';

function admission(env: Record<string, string>, remote = 0) {
  const registry = new StreamRegistry();
  const readiness = new Readiness(new ManualClock());
  const counts = { streamsOf: () => remote, streamsFrom: () => 0 };
  return {
    registry,
    readiness,
    admission: new StreamAdmission(registry, counts, readiness, loadConfig(env), new ManualClock()),
  };
}

describe('the admission of streams', () => {
  it('refuses above the limit of the instance', () => {
    const { registry, admission: gate } = admission({ VX11_STREAMS_MAX: '1' });
    gate.admit('p', EventFilter.ALL, '192.0.2.1');
    registry.add(fakeStream(EventFilter.ALL).stream);
    expect(() => gate.admit('other', EventFilter.ALL, '192.0.2.1')).toThrow('too_many_streams');
  });

  it('counts the streams of one principal here and on the other instances', () => {
    const { registry, admission: gate } = admission({ VX11_STREAMS_PER_PRINCIPAL: '3' }, 1);
    registry.add(fakeStream(EventFilter.ALL).stream);
    gate.admit('p', EventFilter.ALL, '192.0.2.1');
    registry.add(fakeStream(EventFilter.ALL).stream);
    expect(() => gate.admit('p', EventFilter.ALL, '192.0.2.1')).toThrow('too_many_streams');
    expect(() => gate.admit('other', EventFilter.ALL, '192.0.2.1')).not.toThrow();
  });

  it("counts the values of each different filter once per principal, until the filter's last stream ends", async () => {
    const { registry, admission: gate } = admission({ VX11_FILTER_VALUES_PER_PRINCIPAL: '100' });
    const filter = (name: string, values: number) =>
      EventFilter.of({ module: Array.from({ length: values }, (_, n) => `${name}-${n}`) });
    const large = filter('large', 50);
    const streams = [large, large, filter('other', 49)].map((one) => fakeStream(one).stream);
    for (const stream of streams) {
      gate.admit('p', stream.info.filter, '192.0.2.1');
      registry.add(stream);
    }
    gate.admit('p', large, '192.0.2.1');
    gate.admit('p', filter('one', 1), '192.0.2.1');
    gate.admit('p', EventFilter.ALL, '192.0.2.1');
    expect(() => gate.admit('p', filter('two', 2), '192.0.2.1')).toThrow('too_many_filters');
    gate.admit('other principal', filter('two', 2), '192.0.2.1');
    streams[0]?.finish('client');
    await streams[0]?.ended;
    expect(() => gate.admit('p', filter('two', 2), '192.0.2.1')).toThrow('too_many_filters');
    streams[1]?.finish('client');
    await streams[1]?.ended;
    gate.admit('p', filter('many', 50), '192.0.2.1');
    streams[2]?.finish('client');
    await streams[2]?.ended;
    expect(registry.filterValuesWith('p', EventFilter.ALL)).toBe(0);
  });

  it('admits while the instance is leaving, and refuses once it is draining', () => {
    const { readiness, admission: gate } = admission({});
    readiness.leave();
    expect(() => gate.admit('p', EventFilter.ALL, '192.0.2.1')).not.toThrow();
    readiness.drain();
    expect(() => gate.admit('p', EventFilter.ALL, '192.0.2.1')).toThrow('draining');
  });
});
