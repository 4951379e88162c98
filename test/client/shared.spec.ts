import { createHash } from 'node:crypto';
import { MessageChannel } from 'node:worker_threads';
import { ManualClock } from '../../client/spec-support/manual-clock.js';
import {
  createSharedEventsClient,
  type SharedEventsClientOptions,
  type SharedWorkerLike,
} from '../../client/src/shared/index.js';
import {
  event,
  FaultServer,
  message,
  named,
  recovered,
  refuse,
  sendJson,
  snapshot,
  stream,
} from './support/fault-server.js';
import { read, type Reader, WorkerInNode } from './support/tabs.js';

let server: FaultServer;
let clock: ManualClock;
let worker: WorkerInNode;
let readers: Reader[];

beforeEach(async () => {
  server = await new FaultServer().start();
  clock = new ManualClock();
  worker = new WorkerInNode(clock);
  readers = [];
});

afterEach(async () => {
  for (const { client } of readers) client.close();
  worker.close();
  await server.stop();
});

const ways: [string, () => Partial<SharedEventsClientOptions>][] = [
  ['a shared worker', () => ({ createWorker: worker.create })],
  ['a leading tab', () => ({ sharing: 'tabs' })],
];

describe.each(ways)('through %s', (_, way) => {
  const openTab = (options: Partial<SharedEventsClientOptions> = {}): Reader => {
    const reader = read(
      createSharedEventsClient({
        baseUrl: server.baseUrl,
        token: 'principal-token',
        transport: 'fetch',
        clock,
        lifecycle: new EventTarget(),
        random: () => 0.5,
        ...way(),
        ...options,
      }),
    );
    readers.push(reader);
    return reader;
  };

  it('eight tabs read the same events from one stream', async () => {
    server.next('stream', stream(snapshot(1, 2)));
    const tabs = Array.from({ length: 8 }, () => openTab());
    await Promise.all(tabs.map(async (tab) => tab.events(2)));
    server.seen.stream[0]!.response.write(message(3));
    await Promise.all(tabs.map(async (tab) => tab.events(3)));
    for (const tab of tabs) {
      expect(tab.ids).toEqual(['e1', 'e2', 'e3']);
      expect(tab.client.state).toMatchObject({ status: 'live' });
    }
    expect(server.seen.stream).toHaveLength(1);
    expect(server.seen.issue).toHaveLength(1);
  });

  it('a tab that comes later gets the recent past, each event once, and the present state', async () => {
    server.next('stream', stream(snapshot(1, 2), message(3)));
    await openTab().events(3);
    const late = openTab();
    await late.hears('snapshot');
    expect(late.ids).toEqual(['e1', 'e2', 'e3']);
    expect(late.client.state.status).toBe('live');
    expect(late.client.lastEventId).toBe('3-0');
  });

  it('a tab that has read further back gets what lies between from the history', async () => {
    server.next('stream', stream(snapshot(5, 6)));
    server.next(
      'history',
      ({ response }) => sendJson(response, 200, { events: [event(3), event(4)], next: '4-0' }),
      ({ response }) => sendJson(response, 200, { events: [event(5), event(6)], next: null }),
    );
    await openTab().events(2);
    const late = openTab({ lastEventId: '2-0' });
    await late.hears('recovered');
    expect(late.ids).toEqual(['e3', 'e4', 'e5', 'e6']);
    expect(server.seen.history.map(({ url }) => url.searchParams.get('after'))).toEqual([
      '2-0',
      '4-0',
    ]);
  });

  it('and hears nothing live before it has caught up', async () => {
    server.next('stream', stream(snapshot(5)));
    let answer: () => void = () => undefined;
    server.next('history', ({ response }) => {
      answer = () => sendJson(response, 200, { events: [event(3), event(4)], next: null });
    });
    const first = openTab();
    await first.events(1);
    const late = openTab({ lastEventId: '2-0' });
    await server.arrival('history', 1);
    server.seen.stream[0]!.response.write(message(7));
    await first.events(2);
    answer();
    await late.events(4);
    expect(late.ids).toEqual(['e3', 'e4', 'e5', 'e7']);
  });

  it('and gets a gap when the history cannot be read', async () => {
    server.next('stream', stream(snapshot(5, 6)));
    server.next('history', refuse(503, 'event_log_unavailable'));
    await openTab().events(2);
    const late = openTab({ lastEventId: '2-0' });
    await late.events(2);
    expect(late.told).toContain('gap');
  });

  it('and gets a gap when the history no longer has all of it', async () => {
    server.next('stream', stream(snapshot(5, 6)));
    server.next('history', ({ response }) =>
      sendJson(response, 200, {
        events: [event(4), event(5), event(6)],
        next: null,
        latest: '6-0',
        gap: { lost: true, oldest: '4-0' },
      }),
    );
    await openTab().events(2);
    const late = openTab({ lastEventId: '2-0' });
    await late.events(3);
    expect([late.ids, late.told.includes('gap')]).toEqual([['e4', 'e5', 'e6'], true]);
  });

  it('and does not wait for a history that never answers', async () => {
    server.next('stream', stream(snapshot(5, 6)));
    server.next('history', () => undefined);
    await openTab({ connectTimeoutMs: 50 }).events(2);
    const late = openTab({ connectTimeoutMs: 50, lastEventId: '2-0' });
    await late.events(2);
    expect(late.told).toContain('gap');
  });

  it('tabs with another principal or another filter have their own stream', async () => {
    const tabs = [
      openTab(),
      openTab({ token: 'another-token' }),
      openTab({ filter: { module: ['madre'] } }),
    ];
    await Promise.all(tabs.map(async (tab) => tab.hears('snapshot')));
    expect(server.seen.stream).toHaveLength(3);
    const principals = server.seen.issue.map(({ request }) => request.headers.authorization);
    expect(new Set(principals)).toEqual(
      new Set(['Bearer principal-token', 'Bearer another-token']),
    );
  });

  it('continues without a missing event when the first tab is closed', async () => {
    server.next('stream', stream(snapshot(1, 2)));
    server.always('stream', stream(message(2), message(3), recovered(2, 3)));
    const first = openTab();
    await first.events(2);
    const second = openTab();
    await second.events(2);
    first.client.close();
    if (server.seen.stream.length === 1) server.seen.stream[0]!.response.end(message(3));
    await second.events(3);
    expect(second.ids).toEqual(['e1', 'e2', 'e3']);
    expect(first.client.state).toEqual({ status: 'stopped', reason: 'closed' });
  });

  it('ends the stream with the last tab', async () => {
    const tabs = [openTab(), openTab()];
    await Promise.all(tabs.map(async (tab) => tab.hears('snapshot')));
    const { response } = server.seen.stream[0]!;
    const gone = new Promise<void>((resolve) => response.on('close', resolve));
    for (const tab of tabs) tab.client.close();
    await gone;
    expect(clock.pending).toBe(0);
  });

  it('tells every tab of reconnecting, gap and goodbye', async () => {
    const goodbye = named('goodbye', { reason: 'draining', reconnect: true, retry_ms: 1_000 });
    server.next('stream', stream(snapshot(1), goodbye));
    server.next('stream', stream(named('gap', { lost: true, oldest: '9-0' }), message(9)));
    const tabs = [openTab(), openTab()];
    await Promise.all(tabs.map(async (tab) => tab.hears('reconnecting')));
    tabs[1]!.client.connect();
    await Promise.all(tabs.map(async (tab) => tab.events(2)));
    for (const tab of tabs) {
      expect(tab.told).toContain('goodbye');
      expect(tab.told).toContain('gap');
      expect(tab.ids).toEqual(['e1', 'e9']);
    }
    // What the hub remembers does not reach over the gap.
    const late = openTab({ lastEventId: '1-0' });
    await late.events(1);
    expect(server.seen.history[0]?.url.searchParams.get('after')).toBe('1-0');
  });

  it('stops every tab with the reason, and lets a new client start over', async () => {
    // A tab that joins after the refusal opens a stream of its own and is refused as well.
    const restore = server.always('issue', refuse(403, 'invalid_token'));
    const tabs = [openTab(), openTab()];
    await Promise.all(tabs.map(async (tab) => tab.hears('stopped')));
    for (const { client } of tabs) {
      expect(client.state).toMatchObject({ status: 'stopped', reason: 'invalid_token' });
    }
    restore();
    const next = openTab();
    await next.hears('snapshot');
    expect(next.client.state.status).toBe('live');
  });

  it('leaves while the page is in the back/forward cache and rejoins without a hole', async () => {
    const lifecycle = new EventTarget();
    server.next('stream', stream(snapshot(1)));
    const other = openTab();
    const tab = openTab({ lifecycle });
    await Promise.all([tab.events(1), other.events(1)]);
    server.always('stream', stream(message(2), recovered(1, 2)));
    lifecycle.dispatchEvent(new Event('pagehide'));
    const [opened] = server.seen.stream;
    if (!opened!.response.destroyed) opened!.response.write(message(2));
    lifecycle.dispatchEvent(new Event('visibilitychange'));
    await other.events(2);
    expect(tab.ids).toEqual(['e1']);
    lifecycle.dispatchEvent(new Event('pageshow'));
    await tab.events(2);
    expect(tab.ids).toEqual(['e1', 'e2']);
  });

  it('needs an identity when the token is a function', async () => {
    expect(() => openTab({ token: () => 'principal-token' })).toThrow(TypeError);
    const tab = openTab({ token: async () => 'principal-token', identity: 'ana' });
    await tab.hears('snapshot');
    expect(server.seen.issue[0]?.request.headers.authorization).toBe('Bearer principal-token');
  });
});

describe('a shared worker', () => {
  const options = () => ({
    baseUrl: server.baseUrl,
    transport: 'fetch' as const,
    identity: 'ana',
    clock,
    lifecycle: new EventTarget(),
    createWorker: worker.create,
  });
  const openTab = (more: Pick<SharedEventsClientOptions, 'token' | 'lastEventId'>): Reader => {
    const reader = read(createSharedEventsClient({ ...options(), ...more }));
    readers.push(reader);
    return reader;
  };

  it('asks another tab for the token when one has none to give', async () => {
    const good = openTab({ token: () => 'principal-token' });
    await good.hears('snapshot');
    openTab({ token: () => Promise.reject(new Error('signed out')) });
    server.seen.stream[0]!.response.end();
    await good.hears('reconnecting');
    clock.advanceToNextTimer();
    await server.arrival('stream', 2);
    expect(server.seen.issue[1]?.request.headers.authorization).toBe('Bearer principal-token');
  });

  it('asks the next tab when one does not answer in time', async () => {
    const good = openTab({ token: 'principal-token' });
    await good.hears('snapshot');
    await openTab({ token: 'principal-token' }).hears('snapshot');
    const asked = worker.freezeLastTab();
    server.seen.stream[0]!.response.end();
    await good.hears('reconnecting');
    clock.advanceToNextTimer();
    await asked;
    clock.advance(5_000);
    await server.arrival('stream', 2);
    expect(server.seen.issue).toHaveLength(2);
  });

  it('finds the one tab that answers behind others that take longer than a connection may', async () => {
    const good = openTab({ token: 'principal-token' });
    await good.hears('snapshot');
    for (let n = 0; n < 4; n += 1) {
      await openTab({ token: () => new Promise(() => undefined) }).hears('snapshot');
    }
    let isBack = false;
    void server.arrival('stream', 2).then(() => (isBack = true));
    server.seen.stream[0]!.response.end();
    await good.hears('reconnecting');
    for (let n = 0; n < 20 && !isBack; n += 1) {
      clock.advance(5_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(isBack).toBe(true);
  });

  it('starts over after a stop, although a frozen tab still belongs to the old stream', async () => {
    const first = openTab({ token: () => 'principal-token' });
    await first.hears('snapshot');
    await openTab({ token: () => 'principal-token' }).hears('snapshot');
    const asked = worker.freezeLastTab();
    server.next('issue', refuse(403, 'invalid_token'));
    server.seen.stream[0]!.response.end();
    await first.hears('reconnecting');
    clock.advanceToNextTimer();
    await asked;
    clock.advance(5_000);
    await first.hears('stopped');
    const next = openTab({ token: 'principal-token' });
    await next.hears('snapshot');
    expect(next.client.state.status).toBe('live');
  });

  it('ends the stream when the browser says that the tabs are dead', async () => {
    const tab = openTab({ token: 'principal-token' });
    await tab.hears('snapshot');
    const { response } = server.seen.stream[0]!;
    const gone = new Promise<void>((resolve) => response.on('close', resolve));
    worker.allTabsDied();
    await gone;
    tab.client.close();
    expect(clock.pending).toBe(0);
  });

  it('that cannot be had is replaced by the tabs themselves', async () => {
    const reader = read(
      createSharedEventsClient({
        ...options(),
        token: 'principal-token',
        createWorker: () => {
          throw new Error('forbidden by a policy');
        },
      }),
    );
    readers.push(reader);
    await reader.hears('snapshot');
    expect(reader.client.state.status).toBe('live');
  });

  it('that says nothing, not even that it failed, is replaced by the tabs themselves', async () => {
    const { port1, port2 } = new MessageChannel();
    const reader = read(
      createSharedEventsClient({
        ...options(),
        token: 'principal-token',
        createWorker: () => ({
          port: port1 as unknown as SharedWorkerLike['port'],
          addEventListener: () => undefined,
        }),
      }),
    );
    readers.push(reader);
    await reader.hears('connecting');
    // Its lock comes first.
    while (clock.pending === 0) await new Promise(setImmediate);
    clock.advance(5_000);
    await reader.hears('snapshot');
    expect(reader.client.state.status).toBe('live');
    for (const port of [port1, port2]) port.close();
  });

  it('that takes long to welcome a tab which has missed much is not replaced', async () => {
    const first = openTab({ token: 'principal-token' });
    await first.hears('snapshot');
    const asked = new Promise<() => void>((resolve) =>
      server.next('history', ({ response }) =>
        resolve(() => sendJson(response, 200, { events: [], next: null })),
      ),
    );
    const behind = openTab({ token: 'principal-token', lastEventId: '1-0' });
    const answer = await asked;
    clock.advance(5_000);
    answer();
    await behind.hears('recovered');
    expect(server.seen.stream).toHaveLength(1);
  });
});

describe('a leading tab that is blocked', () => {
  const openTab = (): Reader => {
    const options = {
      baseUrl: server.baseUrl,
      token: 'principal-token',
      transport: 'fetch' as const,
    };
    const reader = read(createSharedEventsClient({ ...options, sharing: 'tabs', clock }));
    readers.push(reader);
    return reader;
  };
  /** The lock of the group, as a tab holds it that does nothing else. */
  const takeLock = async (options: { steal?: true }): Promise<() => void> => {
    const group = JSON.stringify(['principal-token', `${server.baseUrl}/`, undefined]);
    const name = `vx11-events 3 ${createHash('sha256').update(group).digest('hex')}`;
    return new Promise((resolve) => {
      const hold = async (): Promise<unknown> =>
        new Promise((release) => resolve(() => release(0)));
      navigator.locks.request(name, options, hold).catch(() => undefined);
    });
  };

  it('loses its lock to one that notices', async () => {
    const release = await takeLock({});
    const tab = openTab();
    await tab.hears('connecting');
    while (clock.pending === 0) await new Promise(setImmediate);
    clock.advance(15_000);
    await tab.hears('snapshot');
    expect(tab.client.state.status).toBe('live');
    release();
  });

  it('follows the other one when it runs again, and ends its own stream', async () => {
    server.next('stream', stream(snapshot(1)));
    server.always('stream', stream(message(2), recovered(1, 2)));
    const tab = openTab();
    await tab.events(1);
    const { response } = server.seen.stream[0]!;
    const gone = new Promise((resolve) => response.on('close', resolve));
    const release = await takeLock({ steal: true });
    await gone;
    release();
    await tab.events(2);
    expect(tab.ids).toEqual(['e1', 'e2']);
    expect(server.seen.stream).toHaveLength(2);
  });
});
