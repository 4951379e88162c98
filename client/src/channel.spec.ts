import { createChannel } from './channel.js';
import type { Message } from './types.js';

const gap: Message = { type: 'gap', value: { lost: true, oldest: null } };
const recovered = (count: number): Message => ({
  type: 'recovered',
  value: { count, latest: null },
});

function setUp(limit = 100) {
  const demands: string[] = [];
  return { demands, channel: createChannel(limit, () => demands.push('demand')) };
}

describe('a channel', () => {
  it('calls a listener for its type, until it is removed', () => {
    const { channel } = setUp();
    const heard: unknown[] = [];
    const off = channel.on('recovered', (value) => heard.push(value.count));
    channel.emit(gap);
    channel.emit(recovered(1));
    off();
    channel.emit(recovered(2));
    expect(heard).toEqual([1]);
  });

  it('tells when there is demand: at a listener, and at an iteration once it is read', async () => {
    const { channel, demands } = setUp();
    const iteration = channel.messages();
    expect(demands).toEqual([]);
    const first = iteration.next();
    expect(demands).toHaveLength(1);
    channel.emit(gap);
    await first;
    channel.on('state', () => undefined);
    expect(demands).toHaveLength(2);
  });

  it('calls the other listeners when one throws', async () => {
    const { channel } = setUp();
    const heard: unknown[] = [];
    const reported = new Promise((resolve) => {
      jest.spyOn(globalThis, 'queueMicrotask').mockImplementationOnce((task) => {
        try {
          task();
        } catch (error) {
          resolve(error);
        }
      });
    });
    const fault = new Error('the fault of a listener');
    channel.on('gap', () => {
      throw fault;
    });
    channel.on('gap', (value) => heard.push(value));
    channel.emit(gap);
    expect(heard).toEqual([gap.value]);
    expect(await reported).toBe(fault);
  });

  it('tells every listener the same messages in one order, though one of them causes the next', () => {
    const { channel } = setUp();
    const heard: string[][] = [[], []];
    for (const list of heard) {
      channel.on('gap', () => list.push('gap'));
      channel.on('state', ({ status }) => list.push(status));
      channel.on('gap', () => channel.setState({ status: 'stopped', reason: 'closed' }));
    }
    channel.emit(gap);
    expect(heard[0]).toEqual(['gap', 'stopped', 'stopped']);
    expect(heard[1]).toEqual(heard[0]);
  });

  it('calls a listener that was added by one from the next message on, and none that was removed', () => {
    const { channel } = setUp();
    let calls = 0;
    const listenOnce = (): void => {
      const off = channel.on('gap', () => {
        calls += 1;
        off();
        if (calls < 10) listenOnce();
      });
    };
    listenOnce();
    let removed = 0;
    channel.on('gap', () => off());
    const off = channel.on('gap', () => (removed += 1));
    channel.emit(gap);
    expect({ calls, removed }).toEqual({ calls: 1, removed: 0 });
  });

  it('keeps messages for an iteration that is busy, in their order', async () => {
    const { channel } = setUp();
    const iteration = channel.messages();
    const first = iteration.next();
    for (let i = 0; i < 5; i++) channel.emit(recovered(i));
    const counts = [await first, await iteration.next(), await iteration.next()];
    expect(counts.map(({ value }) => value)).toEqual([recovered(0), recovered(1), recovered(2)]);
  });

  it('ends iterations that have read everything when the client is closed', async () => {
    const { channel } = setUp();
    const read: string[] = [];
    const reading = (async () => {
      for await (const { type } of channel.messages()) read.push(type);
    })();
    channel.emit(gap);
    channel.setState({ status: 'stopped', reason: 'closed' });
    await reading;
    expect(read).toEqual(['gap', 'state']);
  });

  it('fails iterations when the client stopped by itself, later ones too', async () => {
    const { channel } = setUp();
    const first = channel.events().next();
    channel.setState({ status: 'stopped', reason: 'invalid_token', code: 'invalid_token' });
    const expected = { name: 'StreamStoppedError', state: { reason: 'invalid_token' } };
    await expect(first).rejects.toMatchObject(expected);
    await expect(channel.events().next()).rejects.toMatchObject(expected);
  });

  it('fails an iteration that falls behind instead of dropping messages or growing for ever', async () => {
    const { channel } = setUp(3);
    const iteration = channel.messages();
    const first = iteration.next();
    channel.emit(gap);
    await first;
    for (let i = 0; i < 10; i++) channel.emit(recovered(i));
    await expect(iteration.next()).rejects.toThrow(RangeError);
  });

  it('keeps nothing for an iteration that was left', async () => {
    const { channel } = setUp(3);
    const iteration = channel.messages();
    const first = iteration.next();
    channel.emit(gap);
    await first;
    await iteration.return();
    for (let i = 0; i < 10; i++) channel.emit(gap);
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
  });
});
