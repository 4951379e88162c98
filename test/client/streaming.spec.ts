import { heartbeat, message, named, recovered, snapshot, stream } from './support/fault-server.js';
import { TRANSPORTS, useFaults } from './support/faults.js';

const faults = useFaults();

describe.each(TRANSPORTS)('with %s', (_, transport) => {
  it('delivers the snapshot, then what is live, each event once', async () => {
    faults.server.next('stream', stream(snapshot(1, 2), message(2), message(3)));
    const one = faults.watch(transport);
    await one.events(3);
    expect(one.ids).toEqual(['e1', 'e2', 'e3']);
    expect(await one.told('snapshot')).toEqual({ count: 2, latest: '2-0' });
  });

  it('is live only when a frame has come: an open connection alone proves nothing', async () => {
    faults.server.next('stream', stream());
    const one = faults.watch(transport);
    const { response } = await faults.server.arrival('stream', 1);
    expect(await one.settled()).toBe('connecting');
    response.write(snapshot());
    await one.state('live');
  });

  it('resumes after a cut in mid-frame, with a new token and the last id, without a hole', async () => {
    faults.server.next('stream', stream(snapshot(1), message(2), message(3).slice(0, 20)));
    faults.server.next('stream', stream(message(3), message(4), recovered(2, 4)));
    const one = faults.watch(transport);
    await one.events(2);
    faults.server.seen.stream[0]!.response.destroy();
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await one.told('recovered');
    expect(one.ids).toEqual(['e1', 'e2', 'e3', 'e4']);
    const [first, second] = faults.server.seen.stream;
    expect([first?.lastEventId, second?.lastEventId]).toEqual([null, '2-0']);
    expect([first?.token, second?.token]).toEqual(['ephemeral-1', 'ephemeral-2']);
  });

  it('drops what a server repeats on resume', async () => {
    faults.server.next('stream', stream(snapshot(1), message(2)));
    faults.server.next('stream', stream(message(1), message(2), message(3), recovered(3, 3)));
    const one = faults.watch(transport);
    await one.events(2);
    faults.server.seen.stream[0]!.response.end();
    await one.state('reconnecting');
    one.clock.advanceToNextTimer();
    await one.told('recovered');
    expect(one.ids).toEqual(['e1', 'e2', 'e3']);
  });

  it('notices a half-open socket: stale, then a new stream', async () => {
    const one = faults.watch(transport);
    await one.state('live');
    one.clock.advance(37_499);
    expect(await one.settled()).toBe('live');
    one.clock.advance(1);
    expect(await one.state('stale')).toEqual({ status: 'stale', silentMs: 37_500 });
    one.clock.advance(500);
    expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'silent' } });
    one.clock.advanceToNextTimer();
    await one.state('live');
  });

  it('calls a stale stream live when it sends again', async () => {
    const one = faults.watch(transport);
    await one.state('live');
    one.clock.advance(37_500);
    await one.state('stale');
    faults.server.seen.stream[0]!.response.write(heartbeat());
    await one.state('live');
    one.clock.advance(37_499);
    expect(await one.settled()).toBe('live');
    expect(faults.server.seen.stream).toHaveLength(1);
  });

  it('gives up a connection that opens and then says nothing', async () => {
    faults.server.always('stream', stream());
    const one = faults.watch(transport);
    await faults.server.arrival('stream', 1);
    one.clock.advance(15_000);
    // Headers are a sign of life too, and may have come a moment into the wait.
    one.clock.advance(15_000);
    expect(await one.state('reconnecting')).toMatchObject({ cause: { kind: 'timeout' } });
  });

  it('passes on a gap, and continues after it', async () => {
    faults.server.next('stream', stream(named('gap', { lost: true, oldest: '7-0' }), message(8)));
    const one = faults.watch({ ...transport, lastEventId: '5-0' });
    expect(await one.told('gap')).toEqual({ lost: true, oldest: '7-0' });
    await one.events(1);
    expect(faults.server.seen.stream[0]?.lastEventId).toBe('5-0');
  });

  it('does not take a frame named error or open for the connection itself', async () => {
    const frames = ['error', 'open', 'close', 'message'].map((name) => named(name, { evil: 1 }));
    faults.server.next('stream', stream(snapshot(), ...frames, message(1)));
    const one = faults.watch(transport);
    await one.events(1);
    expect(one.statuses).toEqual(['connecting', 'live']);
    expect(faults.server.seen.stream).toHaveLength(1);
  });

  it('survives garbage between two events', async () => {
    const garbage = Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xc3, 0x28, 0x0a, 0x0a]);
    const broken = 'id: 2-0\ndata: {"position":\n\n';
    faults.server.next('stream', stream(snapshot(1), garbage, broken, message(3)));
    const one = faults.watch(transport);
    await one.events(2);
    expect(one.ids).toEqual(['e1', 'e3']);
    expect(await one.told('malformed')).toEqual({ id: '2-0' });
    expect(one.statuses).toEqual(['connecting', 'live']);
  });
});
