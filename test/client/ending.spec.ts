import { EventSource } from 'eventsource';
import { message, named, snapshot, stream } from './support/fault-server.js';
import { TRANSPORTS, useFaults } from './support/faults.js';

const faults = useFaults();

describe.each(TRANSPORTS)('with %s', (_, transport) => {
  it('comes back when a goodbye says so, and not before', async () => {
    const goodbye = { reason: 'draining', reconnect: true, retry_ms: 4_000 };
    faults.server.next('stream', stream(snapshot(1), named('goodbye', goodbye)));
    const one = faults.watch(transport);
    const { retryAt, cause } = await one.state('reconnecting');
    expect(cause).toEqual({ kind: 'goodbye', code: 'draining' });
    expect(retryAt - one.clock.wall()).toBe(4_500);
    expect(await one.told('goodbye')).toEqual(goodbye);
    one.clock.advance(4_499);
    expect(await one.settled()).toBe('reconnecting');
    one.clock.advance(1);
    await one.state('live');
    expect(faults.server.seen.stream[1]?.lastEventId).toBe('1-0');
  });

  it('stops at a goodbye that does not want it back', async () => {
    const goodbye = { reason: 'revoked', reconnect: false, retry_ms: 0 };
    faults.server.next('stream', stream(snapshot(), named('goodbye', goodbye)));
    const one = faults.watch(transport);
    expect(await one.state('stopped')).toEqual({
      status: 'stopped',
      reason: 'goodbye',
      code: 'revoked',
    });
    expect(one.clock.pending).toBe(0);
  });

  it('leaves no stream, no request and no timer behind when it is closed', async () => {
    const one = faults.watch(transport);
    await one.state('live');
    const { response } = faults.server.seen.stream[0]!;
    const gone = new Promise((resolve) => response.on('close', resolve));
    one.client.close();
    await gone;
    expect(one.client.state).toEqual({ status: 'stopped', reason: 'closed' });
    expect(one.clock.pending).toBe(0);
    one.client.connect();
    expect(one.statuses).toEqual(['connecting', 'live', 'stopped']);
  });

  it.each(['connecting', 'live', 'reconnecting'] as const)(
    'may be closed by a listener in the state %s',
    async (status) => {
      faults.server.next(
        'stream',
        stream(snapshot(1), named('goodbye', { reason: 'x', reconnect: true })),
      );
      const one = faults.watch(transport);
      one.client.on('state', (state) => state.status === status && one.client.close());
      await one.state('stopped');
      expect(one.clock.pending).toBe(0);
      await one.settled();
      expect(one.statuses.at(-1)).toBe('stopped');
      expect(one.ids).toEqual(status === 'reconnecting' ? ['e1'] : []);
    },
  );

  it('may be closed by the token function', async () => {
    const one = faults.watch({
      ...transport,
      token() {
        one.client.close();
        return 'principal-token';
      },
    });
    await one.state('stopped');
    await one.settled();
    expect(one.statuses).toEqual(['connecting', 'stopped']);
    expect(one.clock.pending).toBe(0);
    expect(faults.server.seen).toEqual({ issue: [], stream: [], history: [] });
  });

  it('delivers nothing after it was closed, not even the rest of a snapshot', async () => {
    faults.server.next('stream', stream(snapshot(1, 2), message(3)));
    const one = faults.watch(transport);
    one.client.on('event', () => one.client.close());
    await one.state('stopped');
    await one.settled();
    expect(one.ids).toEqual(['e1']);
    expect(one.client.lastEventId).toBe('1-0');
  });

  it('opens no stream for a token that comes after it was closed', async () => {
    const requests: string[] = [];
    const answers: Promise<Response>[] = [];
    const one = faults.watch({
      ...transport,
      // One that cannot be aborted.
      fetch: async (input, { signal: _signal, ...init } = {}) => {
        requests.push((input as URL).pathname);
        answers.push(fetch(input, init));
        return answers.at(-1)!;
      },
      EventSource: class extends EventSource {
        constructor(url: URL) {
          super(url);
          requests.push(url.pathname);
        }
      },
    });
    await faults.server.arrival('issue', 1);
    one.client.close();
    await answers[0];
    await one.settled();
    await one.settled();
    expect(requests).toEqual(['/operator/api/events/sse-token']);
    expect(one.clock.pending).toBe(0);
  });
});

describe('a page of the history that the server does not answer', () => {
  it.each([
    ['it is given up', 'TimeoutError', 50, () => undefined],
    ['the client is closed', 'AbortError', 60_000, (close: () => void) => close()],
  ])('leaves no request behind when %s', async (_, name, connectTimeoutMs, act) => {
    faults.server.next('history', () => undefined);
    const { client } = faults.watch({ connectTimeoutMs });
    const page = client.history();
    const { response } = await faults.server.arrival('history', 1);
    const gone = new Promise((resolve) => response.on('close', resolve));
    act(() => client.close());
    await expect(page).rejects.toMatchObject({ name });
    await gone;
  });
});
