import { event, refuse, sendJson, stream } from './support/fault-server.js';
import { useFaults } from './support/faults.js';
import type { Observed } from './support/observed-client.js';

const faults = useFaults();

describe('polling', () => {
  const blocked = { connectTimeoutMs: 1_000 };

  /** Three streams that never say a word, as behind a proxy that buffers. */
  async function block(one: Observed): Promise<void> {
    for (let attempt = 1; attempt <= 3; attempt++) {
      await faults.server.arrival('stream', attempt);
      one.clock.advance(2_000);
      if (attempt < 3) {
        await one.state('reconnecting');
        one.clock.advanceToNextTimer();
      }
    }
  }

  it('begins after three streams that stayed silent, and delivers what the history has', async () => {
    faults.server.always('stream', stream());
    faults.server.next('history', ({ response }) =>
      sendJson(response, 200, { events: [{}, event(1)], next: null }),
    );
    const one = faults.watch(blocked);
    await block(one);
    await one.state('polling');
    expect(await one.told('malformed')).toEqual({ id: undefined });
    expect(one.ids).toEqual(['e1']);
  });

  it('follows the pages behind the last event, then asks again at intervals', async () => {
    const page = (n: number, next: string | null) => ({ events: [event(n)], next });
    faults.server.always('stream', stream());
    faults.server.next(
      'history',
      ({ response }) => sendJson(response, 200, page(6, '6-0')),
      ({ response }) => sendJson(response, 200, page(7, null)),
      ({ response }) => sendJson(response, 200, page(8, null)),
    );
    const one = faults.watch({ ...blocked, lastEventId: '5-0' });
    await block(one);
    await one.state('polling');
    expect(one.ids).toEqual(['e6', 'e7']);
    one.clock.advance(5_000);
    await one.events(3);
    expect(faults.server.seen.history.map(({ url }) => url.searchParams.get('after'))).toEqual([
      '5-0',
      '6-0',
      '7-0',
    ]);
    expect(faults.server.seen.history[0]?.request.headers.authorization).toBe(
      'Bearer principal-token',
    );
  });

  it('reports a gap once, and asks on from where the history was searched', async () => {
    const answer = { events: [event(6)], next: null, latest: '8-0' };
    const gap = { lost: true, oldest: '6-0' };
    faults.server.always('stream', stream());
    faults.server.next(
      'history',
      ({ response }) => sendJson(response, 200, { ...answer, gap }),
      ({ response }) => sendJson(response, 200, { ...answer, events: [], gap: null }),
    );
    const one = faults.watch({ ...blocked, lastEventId: '1-0' });
    await block(one);
    await one.state('polling');
    one.clock.advance(5_000);
    await one.state('polling');
    const told = one.messages.filter(({ type }) => type !== 'state');
    expect(told).toMatchObject([{ type: 'gap', value: gap }, { type: 'event' }]);
    const { url } = faults.server.seen.history[1]!;
    expect(url.searchParams.get('after')).toBe('8-0');
    expect(one.client.lastEventId).toBe('8-0');
  });

  it('delivers nothing after it was closed, not even the rest of a page', async () => {
    faults.server.always('stream', stream());
    faults.server.next('history', ({ response }) =>
      sendJson(response, 200, { events: [event(6), event(7)], next: null, latest: '8-0' }),
    );
    const one = faults.watch({ ...blocked, lastEventId: '5-0' });
    one.client.on('event', () => one.client.close());
    await block(one);
    await one.state('stopped');
    expect(one.ids).toEqual(['e6']);
    expect(one.client.lastEventId).toBe('6-0');
  });

  it('goes back to the stream as soon as one comes through, without a hole', async () => {
    faults.server.next('stream', stream(), stream(), stream());
    faults.server.next('history', ({ response }) =>
      sendJson(response, 200, { events: [event(6)], next: null }),
    );
    const one = faults.watch({ ...blocked, lastEventId: '5-0', pollMs: 60_000 });
    await block(one);
    await one.state('polling');
    one.clock.advanceToNextTimer();
    await one.state('live');
    expect(faults.server.seen.stream.at(-1)?.lastEventId).toBe('6-0');
  });

  it('leaves half a minute between streams while the history answers', async () => {
    faults.server.always('stream', stream());
    const one = faults.watch({ ...blocked, pollMs: 60_000 });
    await block(one);
    const { retryAt } = await one.state('polling');
    expect(retryAt - one.clock.wall()).toBeGreaterThan(30_000);
    expect(retryAt - one.clock.wall()).toBeLessThan(36_000);
  });

  it('asks on after a history that failed once in between', async () => {
    faults.server.always('stream', stream());
    faults.server.next(
      'history',
      ({ response }) => sendJson(response, 200, { events: [], next: null }),
      refuse(503, 'event_log_unavailable'),
      ({ response }) => sendJson(response, 200, { events: [event(1)], next: null }),
    );
    const one = faults.watch(blocked);
    await block(one);
    await one.state('polling');
    one.clock.advance(5_000);
    await one.state('reconnecting');
    one.clock.advance(5_000);
    await one.events(1);
    expect(await one.state('polling')).toBeDefined();
  });

  it('tries the stream again soon while the history fails as well: then it is the service', async () => {
    faults.server.always('stream', stream());
    faults.server.always('history', refuse(503, 'event_log_unavailable'));
    const one = faults.watch(blocked);
    await block(one);
    const { retryAt } = await one.state('reconnecting');
    expect(retryAt - one.clock.wall()).toBeLessThan(5_000);
    one.clock.advanceToNextTimer();
    await faults.server.arrival('stream', 4);
    expect(faults.server.seen.history).toHaveLength(1);
  });

  it('gives up a history that never answers, and tries the stream again', async () => {
    faults.server.always('stream', stream());
    faults.server.next('history', () => undefined);
    const one = faults.watch({ connectTimeoutMs: 50 });
    await block(one);
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await faults.server.arrival('stream', 4);
    expect(faults.server.seen.history).toHaveLength(1);
  });

  it('gives up a token function that never answers, and tries the stream again', async () => {
    faults.server.always('stream', stream());
    let calls = 0;
    const token = async () => {
      calls += 1;
      // The fourth call is that of the poll.
      return calls === 4 ? new Promise<string>(() => undefined) : 'principal-token';
    };
    const one = faults.watch({ connectTimeoutMs: 50, token });
    await block(one);
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await faults.server.arrival('stream', 4);
    expect(faults.server.seen.history).toHaveLength(0);
  });

  it.each([
    ['connect()', (one: Observed) => one.client.connect()],
    [
      'a machine that wakes up',
      (one: Observed) => one.lifecycle.dispatchEvent(new Event('online')),
    ],
  ])('is ended by %s, also while the history does not answer', async (_, act) => {
    faults.server.always('stream', stream());
    faults.server.next('history', () => undefined);
    const one = faults.watch(blocked);
    await block(one);
    await faults.server.arrival('history', 1);
    const before = one.statuses.length;
    act(one);
    await faults.server.arrival('stream', 4);
    expect(one.statuses.slice(before)).toEqual(['connecting']);
  });

  it('stops when the history refuses the principal', async () => {
    faults.server.always('stream', stream());
    faults.server.next('history', refuse(403, 'insufficient_scope'));
    const one = faults.watch(blocked);
    await block(one);
    expect(await one.state('stopped')).toMatchObject({ reason: 'insufficient_scope' });
    expect(one.clock.pending).toBe(0);
  });
});
