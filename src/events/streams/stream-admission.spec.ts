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
  const counts = { streamsOf: () => remote };
  return {
    registry,
    readiness,
    admission: new StreamAdmission(registry, counts, readiness, loadConfig(env)),
  };
}

describe('the admission of streams', () => {
  it('refuses above the limit of the instance', () => {
    const { registry, admission: gate } = admission({ VX11_STREAMS_MAX: '1' });
    gate.admit('p');
    registry.add(fakeStream(EventFilter.ALL).stream);
    expect(() => gate.admit('other')).toThrow('too_many_streams');
  });

  it('counts the streams of one principal here and on the other instances', () => {
    const { registry, admission: gate } = admission({ VX11_STREAMS_PER_PRINCIPAL: '3' }, 1);
    registry.add(fakeStream(EventFilter.ALL).stream);
    gate.admit('p');
    registry.add(fakeStream(EventFilter.ALL).stream);
    expect(() => gate.admit('p')).toThrow('too_many_streams');
    expect(() => gate.admit('other')).not.toThrow();
  });

  it('admits while the instance leaves, and refuses once it drains', () => {
    const { readiness, admission: gate } = admission({});
    readiness.leave();
    expect(() => gate.admit('p')).not.toThrow();
    readiness.drain();
    expect(() => gate.admit('p')).toThrow('draining');
  });
});
