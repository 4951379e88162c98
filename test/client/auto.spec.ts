import { EventSource } from 'eventsource';
import { refuse } from './support/fault-server.js';
import { useFaults } from './support/faults.js';

const faults = useFaults();

describe('with auto', () => {
  const auto = { transport: 'auto', EventSource } as const;

  it('prefers EventSource', async () => {
    expect(await faults.watch(auto).state('live')).toMatchObject({ transport: 'eventsource' });
  });

  it('uses fetch where there is no EventSource', async () => {
    expect(await faults.watch({ transport: 'auto' }).state('live')).toMatchObject({
      transport: 'fetch',
    });
  });

  it('looks with fetch why a stream did not open, and so knows when to stop', async () => {
    faults.server.always('stream', ({ response }) => response.writeHead(204).end());
    const one = faults.watch(auto);
    expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'network' } });
    one.clock.advanceToNextTimer();
    expect(await one.state('stopped')).toMatchObject({ reason: 'no_content' });
  });

  it('returns to EventSource after a stream that came through', async () => {
    faults.server.next('stream', refuse(503, 'draining'));
    const one = faults.watch(auto);
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    expect(await one.state('live')).toMatchObject({ transport: 'fetch' });
    faults.server.seen.stream[1]!.response.end();
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    expect(await one.state('live')).toMatchObject({ transport: 'eventsource' });
  });

  it('needs an EventSource only when the options name it', () => {
    expect(() => faults.watch({ transport: 'eventsource' })).toThrow(TypeError);
  });
});
