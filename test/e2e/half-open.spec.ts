// @needs python3
import { event } from '../support/caller.js';
import { vanishingClient, vanishingServer, type VanishingServer } from '../support/deaf-peer.js';
import { withGateway } from '../support/fixtures.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { StreamReader } from '../support/stream-reader.js';

const STREAM = '/operator/api/events/stream';
const ACTIVE = 'vx11_operator_sse_connections_active';
const VANISHED = 'closing connections whose peers have vanished';
const ANSWER = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/event-stream',
  'Transfer-Encoding: chunked',
  '',
  '12\r\nid: 1-0\ndata: {}\n\n\r\n',
].join('\r\n');

/** The kernel's own timers, so this takes half a minute. By itself it would give up after 13 to 30. */
describe('a stream whose other end has vanished', () => {
  const { backend, gateway, caller } = withGateway();
  let service: VanishingServer;
  let before: TestGateway;
  let orphan: StreamReader;

  // At the beginning, so that the kernel counts while the other test runs.
  beforeAll(async () => {
    service = await vanishingServer('/stream', ANSWER);
    before = await startGateway({ VX11_BACKEND_URLS: service.url });
    const headers = { 'x-vx11-token': before.caller.token };
    orphan = await StreamReader.open(before.url, STREAM, headers);
    await service.vanished;
  });

  afterAll(() => Promise.all([before.close(), service.close()]));

  async function vanish(url: string): Promise<{ close(): Promise<void> }> {
    const token = await caller.issue();
    return vanishingClient(url, `GET ${STREAM}?token=${token} HTTP/1.1\r\nHost: a\r\n\r\n`);
  }

  it('ends soon where the client has, directly and through the gateway', async () => {
    const stays = await caller.stream();
    await stays.named('snapshot');
    const gone = await Promise.all([backend.url, gateway.url].map(vanish));
    await caller.publish(event({ type: 'test.unread' }));
    for (let left = gone.length; left > 0;) {
      const { data } = await stays.ofType('vx11.stream.closed');
      const closed = (data as { data: { count: number; reason: string } }).data;
      expect(closed.reason).toBe('client');
      left -= closed.count;
    }
    expect(await backend.caller.metric(ACTIVE, { credential: 'ephemeral' })).toBe(1);
    for (const { log } of [backend, gateway]) {
      expect(log.filter((line) => line.includes(VANISHED))).toEqual([
        expect.stringContaining('"connections":1,'),
      ]);
    }
    await caller.publish(event({ type: 'test.read' }));
    await stays.ofType('test.read');
    await stays.close();
    await Promise.all(gone.map((peer) => peer.close()));
  });

  it('ends in an orderly way where the service has, so that the client comes back', async () => {
    expect(await orphan.ended).toBe('clean');
  });
});

itLeaksNoToken();
