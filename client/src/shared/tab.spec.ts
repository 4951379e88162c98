import { ManualClock } from '../../spec-support/manual-clock.js';
import { Cursor } from '../position.js';
import type { EventsClient } from '../types.js';
import type { OpenLink, SharedMessage, ToHub, ToTab } from './protocol.js';
import { Recent } from './recent.js';
import { tabClient } from './tab.js';

const event = (n: number): string =>
  JSON.stringify({ id: `e${n}`, type: 'test', position: `${n}-0` });

const WELCOME = {
  kind: 'welcome',
  tab: 'tab',
  state: { status: 'live', transport: 'fetch', since: 1, tokenIssuedAt: 1 },
  events: [] as string[],
  lost: false,
  begun: true,
} as const;

/** A tab at the end of a link that the test holds. */
async function setUp(onState: (client: EventsClient) => void = () => undefined) {
  const sent: ToHub[] = [];
  const clock = new ManualClock();
  const losses: boolean[] = [];
  let closed = 0;
  const lifecycle = new EventTarget();
  let receive: (message: ToTab) => void = () => undefined;
  const openLink: OpenLink = (handler, isLost) => {
    receive = handler;
    losses.push(isLost);
    return { send: (message) => sent.push(message), close: () => (closed += 1) };
  };
  const tab = { id: 'tab', group: 'group', cursor: new Cursor(), recent: new Recent() };
  const options = { baseUrl: 'http://hub.test', token: 'principal-token', lifecycle, clock };
  const client = tabClient(options, { baseUrl: options.baseUrl }, tab, openLink);
  const ids: string[] = [];
  client.on('event', ({ id }) => ids.push(id));
  client.on('state', () => onState(client));
  await Promise.resolve();
  return {
    /** What it sent, without the pings. */
    get sent() {
      return sent.filter(({ kind }) => kind !== 'ping');
    },
    clock,
    client,
    happens: (name: string) => lifecycle.dispatchEvent(new Event(name)),
    opened: () => losses.length,
    losses,
    closed: () => closed,
    ids,
    hub: () => receive({ kind: 'hub' }),
    tell: (message: SharedMessage) => receive({ kind: 'message', message }),
    welcome: (...ns: number[]) => receive({ ...WELCOME, events: ns.map(event) }),
    receive: (message: ToTab) => receive(message),
  };
}

describe('a tab', () => {
  it('delivers only its welcome at first, which contains what was posted before', async () => {
    const { hub, ids, tell, welcome } = await setUp();
    hub();
    tell({ type: 'event', value: event(3) });
    welcome(1, 2, 3);
    tell({ type: 'event', value: event(4) });
    expect(ids).toEqual(['e1', 'e2', 'e3', 'e4']);
  });

  it('joins again at a new hub, with its own place, and waits for a new welcome', async () => {
    const one = await setUp();
    const { hub, ids, tell, welcome } = one;
    hub();
    welcome(1);
    hub();
    tell({ type: 'event', value: event(3) });
    welcome(2, 3);
    expect(ids).toEqual(['e1', 'e2', 'e3']);
    expect(one.sent.map((up) => (up.kind === 'join' ? up.after : up.kind))).toEqual([
      undefined,
      '1-0',
    ]);
  });

  it('does not listen to what is meant for another tab', async () => {
    const { client, hub, ids, receive } = await setUp();
    hub();
    receive({ ...WELCOME, tab: 'another', events: [event(1)] });
    expect(client.state).toEqual({ status: 'connecting', attempt: 0 });
    expect(ids).toEqual([]);
  });

  it('reports that it has seen nothing of a log that started over', async () => {
    const { client, hub, ids, tell, welcome } = await setUp();
    hub();
    welcome(7);
    tell({ type: 'gap', value: { lost: true, oldest: '2-0' } });
    tell({ type: 'event', value: event(2) });
    expect(ids).toEqual(['e7', 'e2']);
    expect(client.lastEventId).toBe('2-0');
  });

  it('gets nothing twice after a welcome that could not be completed', async () => {
    const { client, hub, ids, receive, tell, welcome } = await setUp();
    const told: unknown[] = [];
    client.on('gap', (gap) => told.push(gap));
    client.on('recovered', (recovered) => told.push(recovered));
    hub();
    welcome(7, 8);
    hub();
    receive({ ...WELCOME, lost: true });
    expect(client.lastEventId).toBe('8-0');
    for (const n of [7, 8, 9]) tell({ type: 'event', value: event(n) });
    expect(ids).toEqual(['e7', 'e8', 'e9']);
    expect(told).toEqual([{ lost: true, oldest: null }]);
  });

  it('resumes after what it was given, when a listener closes it amid a welcome', async () => {
    const { client, hub, ids, welcome } = await setUp();
    client.on('event', () => client.close());
    hub();
    welcome(1, 2);
    expect(ids).toEqual(['e1']);
    expect(client.lastEventId).toBe('1-0');
  });

  it('leaves with its page, and joins again only when that is shown', async () => {
    const one = await setUp();
    const { happens, opened } = one;
    happens('pagehide');
    happens('visibilitychange');
    expect(opened()).toBe(1);
    happens('pageshow');
    expect(opened()).toBe(2);
    expect(one.sent.map(({ kind }) => kind)).toEqual(['leave']);
  });

  it('passes on that the machine may have slept', async () => {
    const one = await setUp();
    const { happens, hub } = one;
    hub();
    for (const name of ['online', 'pageshow', 'visibilitychange']) happens(name);
    expect(one.sent.map(({ kind }) => kind)).toEqual(['join', 'wake', 'wake', 'wake']);
  });

  it('gives a hub up that answers no more, and does not say that it is live meanwhile', async () => {
    const { client, clock, closed, hub, losses, welcome } = await setUp();
    hub();
    welcome(1);
    clock.advance(29_999);
    expect(client.state.status).toBe('live');
    clock.advance(1);
    expect(client.state.status).toBe('connecting');
    expect([losses, closed()]).toEqual([[false, true], 1]);
  });

  it('keeps a hub that answers, or has events', async () => {
    const { clock, hub, opened, receive, tell } = await setUp();
    hub();
    for (let n = 1; n <= 5; n += 1) {
      receive({ kind: 'here' });
      clock.advance(15_000);
      tell({ type: 'event', value: event(n) });
      clock.advance(15_000);
    }
    expect(opened()).toBe(1);
  });

  it('asks at once whether the hub is still there when the page wakes up', async () => {
    const { clock, happens, hub, opened, receive } = await setUp();
    hub();
    receive({ kind: 'here' });
    happens('visibilitychange');
    clock.advance(5_000);
    expect(opened()).toBe(2);
  });

  it('leaves no link and no timer behind when a listener closes it at its first state', async () => {
    const { client, clock, closed, hub, opened } = await setUp((one) => one.close());
    hub();
    expect(client.state.status).toBe('stopped');
    expect([closed(), clock.pending]).toEqual([opened(), 0]);
  });

  it('takes over how far the hub has read, where the filter matched nothing', async () => {
    const { client, hub, tell, welcome } = await setUp();
    hub();
    welcome();
    tell({ type: 'snapshot', value: { count: 0, latest: '9-0' } });
    expect(client.lastEventId).toBe('9-0');
  });
});
