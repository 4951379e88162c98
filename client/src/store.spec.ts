import { createChannel } from './channel.js';
import { createEventsStore } from './store.js';
import type { EventsClient, OperatorEvent } from './types.js';

const event = (n: number) => ({ id: `e${n}`, type: 't', position: `${n}-0` }) as OperatorEvent;

function setUp(limit?: number) {
  let demands = 0;
  let listening = 0;
  const channel = createChannel(100, () => (demands += 1));
  const client = {
    on: (type, listener) => {
      const off = channel.on(type, listener);
      listening += 1;
      return () => {
        listening -= 1;
        off();
      };
    },
    get state() {
      return channel.state;
    },
  } as EventsClient;
  const store = createEventsStore(client, { ...(limit !== undefined && { limit }), flushMs: 50 });
  const emit = (n: number) => channel.emit({ type: 'event', value: event(n) });
  return { channel, store, emit, demands: () => demands, listening: () => listening };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('a store', () => {
  it('starts the client with its first listener', () => {
    const { store, demands } = setUp();
    expect(demands()).toBe(0);
    store.subscribe(() => undefined);
    expect(demands()).toBeGreaterThan(0);
  });

  it('calls its listeners once for all that came within the interval, oldest first', () => {
    const { store, emit } = setUp();
    let calls = 0;
    store.subscribe(() => (calls += 1));
    for (const n of [1, 2, 3]) emit(n);
    expect(store.getSnapshot().events).toEqual([]);
    jest.advanceTimersByTime(50);
    expect(calls).toBe(1);
    expect(store.getSnapshot().events.map(({ id }) => id)).toEqual(['e1', 'e2', 'e3']);
  });

  it.each([0, 1, 3])('keeps the newest %d events, however they came', (limit) => {
    const { store, emit } = setUp(limit);
    store.subscribe(() => undefined);
    for (let n = 1; n <= 20; n += 1) {
      emit(n);
      if (n % 5 === 0) jest.advanceTimersByTime(50);
    }
    const ids = ['e18', 'e19', 'e20'].slice(3 - limit);
    expect(store.getSnapshot().events.map(({ id }) => id)).toEqual(ids);
  });

  it('calls a listener once for a change, although it subscribes again', () => {
    const { store, emit } = setUp();
    let calls = 0;
    const listen = (): void => {
      const off = store.subscribe(() => {
        calls += 1;
        off();
        if (calls < 10) listen();
      });
    };
    listen();
    emit(1);
    jest.advanceTimersByTime(50);
    expect(calls).toBe(1);
  });

  it('gives the same snapshot until something changes', () => {
    const { store, emit } = setUp();
    store.subscribe(() => undefined);
    const before = store.getSnapshot();
    expect(store.getSnapshot()).toBe(before);
    emit(1);
    jest.advanceTimersByTime(50);
    expect(store.getSnapshot()).not.toBe(before);
  });

  it('keeps the newest events only, and counts gaps', () => {
    const { channel, store, emit } = setUp(10);
    store.subscribe(() => undefined);
    for (let n = 1; n <= 95; n += 1) emit(n);
    channel.emit({ type: 'gap', value: { lost: true, oldest: null } });
    jest.advanceTimersByTime(50);
    const { events, gaps } = store.getSnapshot();
    expect([events.length, events[0]?.id, events.at(-1)?.id, gaps]).toEqual([10, 'e86', 'e95', 1]);
  });

  it('leaves nothing at the client, and no timer, when its last listener is gone', () => {
    const { store, emit, listening } = setUp();
    const offs = [store.subscribe(() => undefined), store.subscribe(() => undefined)];
    emit(1);
    offs[0]?.();
    offs[0]?.();
    expect(listening()).toBeGreaterThan(0);
    offs[1]?.();
    expect(listening()).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
    expect(store.getSnapshot().events.map(({ id }) => id)).toEqual(['e1']);
  });

  it('listens again with the next listener, and shows the state of then', () => {
    const { channel, store, emit } = setUp();
    store.subscribe(() => undefined)();
    channel.setState({ status: 'connecting', attempt: 1 });
    let calls = 0;
    store.subscribe(() => (calls += 1));
    emit(1);
    jest.advanceTimersByTime(50);
    const { events, state } = store.getSnapshot();
    expect([calls, events.length, state.status]).toEqual([1, 1, 'connecting']);
  });

  it('does not call a listener that was removed', () => {
    const { store, emit } = setUp();
    let calls = 0;
    store.subscribe(() => (calls += 1))();
    emit(1);
    jest.advanceTimersByTime(50);
    expect(calls).toBe(0);
  });
});
