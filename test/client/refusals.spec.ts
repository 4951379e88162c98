import { FaultServer, refuse, snapshot, stream } from './support/fault-server.js';
import { useFaults } from './support/faults.js';

const faults = useFaults();

describe('what only fetch can see', () => {
  it.each([
    [401, 'auth_required', 'auth_required'],
    [403, 'insufficient_scope', 'insufficient_scope'],
    [403, 'whatever', 'forbidden'],
  ])('stops when the stream is refused for good: %d %s', async (status, code, reason) => {
    faults.server.always('stream', refuse(status, code));
    const one = faults.watch();
    expect(await one.state('stopped')).toEqual({
      status: 'stopped',
      reason,
      code,
      detail: `Why: ${code}.`,
    });
    expect(faults.server.seen.stream).toHaveLength(1);
  });

  it.each(['token_expired', 'token_replayed', 'invalid_token'])(
    'takes a new token at once when the stream says %s, the second time it waits',
    async (code) => {
      faults.server.next('stream', refuse(403, code), refuse(403, code));
      const one = faults.watch();
      await one.state('reconnecting');
      expect(faults.server.seen.stream.map(({ token }) => token)).toEqual([
        'ephemeral-1',
        'ephemeral-2',
      ]);
      one.clock.advanceToNextTimer();
      await one.state('live');
      expect(faults.server.seen.stream.at(-1)?.token).toBe('ephemeral-3');
    },
  );

  it('stops after five refused tokens in a row', async () => {
    faults.server.always('stream', refuse(403, 'token_replayed'));
    const one = faults.watch({ pollMs: 60_000 });
    for (const status of ['reconnecting', 'polling', 'polling'] as const) {
      await one.state(status);
      one.clock.advanceToNextTimer();
    }
    await one.state('stopped');
    expect(faults.server.seen.stream).toHaveLength(5);
  });

  it.each([
    [429, 'too_many_streams'],
    [503, 'draining'],
  ])('waits as long as the stream asks: %d %s', async (status, code) => {
    faults.server.next('stream', refuse(status, code, { 'retry-after': '20' }));
    const one = faults.watch();
    const { retryAt, cause } = await one.state('reconnecting');
    expect(cause).toMatchObject({ status, code, retryAfterMs: 20_000 });
    expect(retryAt - one.clock.wall()).toBe(20_500);
  });

  it('keeps to Retry-After when the machine wakes up early, and is on time by the wall clock', async () => {
    faults.server.next('stream', refuse(429, 'too_many_streams', { 'retry-after': '20' }));
    const one = faults.watch();
    await one.state('reconnecting');
    one.clock.sleep(10_000);
    one.lifecycle.dispatchEvent(new Event('online'));
    expect(await one.settled()).toBe('reconnecting');
    one.clock.sleep(11_000);
    one.lifecycle.dispatchEvent(new Event('pageshow'));
    await one.state('live');
  });

  it('keeps the ephemeral token out of the URL', async () => {
    await faults.watch().state('live');
    const [opened] = faults.server.seen.stream;
    expect(opened?.request.headers.authorization).toBe('Bearer ephemeral-1');
    // Some proxies stream only what is requested as a stream.
    expect(opened?.request.headers.accept).toMatch(/^text\/event-stream/);
    expect(opened?.request.url).not.toContain('ephemeral-1');
  });

  it('stops at 204', async () => {
    faults.server.always('stream', ({ response }) => response.writeHead(204).end());
    const one = faults.watch();
    expect(await one.state('stopped')).toEqual({ status: 'stopped', reason: 'no_content' });
  });

  it('does not take a page that answers 200 for a stream', async () => {
    faults.server.next('stream', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Please sign in</title>');
    });
    const one = faults.watch();
    expect(await one.state('reconnecting')).toMatchObject({
      cause: { status: 200, code: 'not_an_event_stream' },
    });
  });

  it('takes the type of a stream in any letter case', async () => {
    faults.server.next('stream', ({ response }) => {
      response.writeHead(200, { 'content-type': 'Text/Event-Stream; Charset=UTF-8' });
      response.write(snapshot(1));
    });
    expect(await faults.watch().state('live')).toMatchObject({ transport: 'fetch' });
  });

  it('honours retry:', async () => {
    faults.server.next('stream', stream('retry: 3000\n\n', snapshot()));
    const one = faults.watch();
    await one.state('live');
    faults.server.seen.stream[0]!.response.end();
    const { retryAt, cause } = await one.state('reconnecting');
    expect(cause).toEqual({ kind: 'ended' });
    expect(retryAt - one.clock.wall()).toBe(3_000);
  });

  it('sends neither token to where a redirect points', async () => {
    const elsewhere = await new FaultServer().start();
    const location = `${elsewhere.baseUrl}/operator/api/events/sse-token`;
    faults.server.next('issue', ({ response }) => response.writeHead(307, { location }).end());
    const one = faults.watch();
    await one.state('reconnecting');
    expect(elsewhere.seen.issue).toHaveLength(0);
    await elsewhere.stop();
  });

  it('ends a stream of one endless frame instead of keeping it in memory', async () => {
    const megabyte = 'x'.repeat(2 ** 20);
    faults.server.next(
      'stream',
      stream(snapshot(1), 'data: ', ...Array<string>(17).fill(megabyte)),
    );
    const one = faults.watch();
    expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'network' } });
    expect(one.client.lastEventId).toBe('1-0');
  });
});
