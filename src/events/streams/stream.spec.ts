import { fakeStream } from '../../../test/support/fake-stream.js';
import { EventFilter } from '../../kernel/event-filter.js';

const BOUND = 1000;

const open = () => fakeStream(EventFilter.ALL, { bufferBytes: BOUND });

describe('a stream', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is cut off when its unsent bytes exceed the buffer limit, not when they equal it', async () => {
    const { res, stream } = open();
    res.writableLength = BOUND;
    stream.write('a');
    expect(stream.open).toBe(true);
    res.writableLength = BOUND + 1;
    stream.write('b');
    expect(stream.open).toBe(false);
    await expect(stream.ended).resolves.toBe('slow_consumer');
    expect(res.text).toContain('event: goodbye\ndata: {"reason":"slow_consumer","reconnect":true');
  });

  it('sends one goodbye, and ignores later writes', () => {
    const { res, stream } = open();
    stream.goodbye('draining', 1234);
    const { text } = res;
    stream.write('more');
    stream.goodbye('admin');
    expect(res.text).toBe(text);
    expect(text).toBe(
      'event: goodbye\ndata: {"reason":"draining","reconnect":true,"retry_ms":1234}\n\n',
    );
  });

  it.each([
    ['draining', true],
    ['max_age', true],
    ['expired', true],
    ['slow_consumer', true],
    ['revoked', false],
    ['admin', false],
  ] as const)('that ends with reason %s sends reconnect: %s', (reason, reconnect) => {
    const { res, stream } = open();
    stream.goodbye(reason);
    expect(JSON.parse(res.text.split('data: ')[1] ?? '')).toMatchObject({ reason, reconnect });
  });

  it('destroys its socket 2 s after its end when the client does not read the rest', () => {
    const { res, stream } = open();
    const closed = jest.fn();
    res.once('close', closed);
    stream.goodbye('draining');
    jest.advanceTimersByTime(1_999);
    expect(closed).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('ends as slow_consumer when a replay has waited 30 seconds for the client', async () => {
    const { res, stream } = open();
    res.writableLength = 64 * 1024;
    const waiting = stream.writable();
    jest.advanceTimersByTime(30_000);
    await waiting;
    await expect(stream.ended).resolves.toBe('slow_consumer');
  });

  it('has one promise of its end, however often a replay waits', () => {
    const { stream } = open();
    expect(stream.ended).toBe(stream.ended);
  });

  it('lets a replay go on when the client has read the unsent bytes', async () => {
    const { res, stream } = open();
    res.writableLength = 64 * 1024;
    const waiting = stream.writable();
    res.emit('drain');
    await waiting;
    jest.advanceTimersByTime(60_000);
    expect(stream.open).toBe(true);
  });
});
