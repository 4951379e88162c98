import { message, recovered, refuse, snapshot, stream } from './support/fault-server.js';
import { useFaults } from './support/faults.js';

const faults = useFaults();

describe('an iteration', () => {
  it('reads events across a reconnect and ends with the client', async () => {
    faults.server.next('stream', stream(snapshot(1), message(2)));
    faults.server.next('stream', stream(message(3), recovered(1, 3)));
    const one = faults.watch();
    const read: string[] = [];
    for await (const { id } of one.client.events) {
      read.push(id);
      if (id === 'e2') {
        faults.server.seen.stream[0]!.response.end();
        void one.state('reconnecting').then(() => one.clock.advanceToNextTimer());
      }
      if (id === 'e3') one.client.close();
    }
    expect(read).toEqual(['e1', 'e2', 'e3']);
  });

  it('fails with the reason when the client is refused', async () => {
    faults.server.always('issue', refuse(403, 'invalid_token'));
    const one = faults.watch();
    await expect(one.client.events[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'StreamStoppedError',
      state: { reason: 'invalid_token' },
    });
  });
});

it('begins with the newest events where another client had no place to go on from', async () => {
  const { lastEventId } = faults.watch().client;
  const one = faults.watch({ lastEventId });
  one.client.connect();
  await faults.server.arrival('stream', 1);
  expect(faults.server.seen.stream[0]?.url.searchParams.get('lastEventId')).toBeNull();
});

describe('history', () => {
  it('asks as the principal, with the filter', async () => {
    const one = faults.watch({ filter: { module: ['madre', 'shub'] } });
    const page = await one.client.history({ limit: 10, before: '9-0' });
    expect(page).toEqual({ events: [], next: null });
    const { url, request } = faults.server.seen.history[0]!;
    expect(url.searchParams.getAll('module')).toEqual(['madre', 'shub', '']);
    expect(url.searchParams.getAll('limit')).toEqual(['10']);
    expect(url.searchParams.getAll('before')).toEqual(['9-0']);
    expect(request.headers.authorization).toBe('Bearer principal-token');
  });

  it.each([
    ['/shop/till', '/shop/till'],
    ['/shop/t*', '/shop/t*'],
    ['/sh*', '/shop/*'],
    ['/shop/*', '/shop/*'],
    ['/stock', '\0'],
    ['', '/shop/*'],
    [undefined, '/shop/*'],
  ])('of the source %j stays inside of the filter', async (source, sent) => {
    const one = faults.watch({ filter: { source: ['/shop/*'] } });
    await one.client.history({ source });
    expect(faults.server.seen.history[0]!.url.searchParams.getAll('source')).toEqual([sent]);
  });

  it('takes a comma in a source for a part of it', async () => {
    await faults.watch().client.history({ source: '/a,b', q: 'c,d' });
    const { searchParams } = faults.server.seen.history[0]!.url;
    expect([searchParams.getAll('source'), searchParams.getAll('q')]).toEqual([
      ['/a,b', ''],
      ['c,d'],
    ]);
  });

  it('leaves nothing at the client when it is over', async () => {
    const added: AbortSignal[] = [];
    const { addEventListener } = AbortSignal.prototype;
    const add = jest.spyOn(AbortSignal.prototype, 'addEventListener').mockImplementation(function (
      this: AbortSignal,
      ...[type, listener, options]
    ) {
      const { signal } = Object(options) as { signal?: AbortSignal };
      if (signal) added.push(signal);
      addEventListener.call(this, type, listener, options);
    });
    await faults.watch().client.history();
    add.mockRestore();
    expect(added.length).toBeGreaterThan(0);
    expect(added.every(({ aborted }) => aborted)).toBe(true);
  });

  it('waits for as long as it takes where connecting may', async () => {
    const { client } = faults.watch({ connectTimeoutMs: Infinity });
    expect(await client.history()).toEqual({ events: [], next: null });
  });

  it('fails with status and code', async () => {
    faults.server.next('history', refuse(400, 'invalid_query'));
    await expect(faults.watch().client.history()).rejects.toMatchObject({
      name: 'RequestError',
      failure: { status: 400, code: 'invalid_query' },
    });
  });
});
