// @needs python3
import { event } from '../support/caller.js';
import { vanishingClient } from '../support/deaf-client.js';
import { withGateway } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';

const ACTIVE = 'vx11_operator_sse_connections_active';
const VANISHED = 'closed connections whose clients had vanished';

/** The kernel's own timers, so this takes half a minute; by itself it would give up after 13 to 30. */
describe('the stream of a client that has vanished', () => {
  const { backend, gateway, caller } = withGateway();

  async function vanish(url: string): Promise<() => Promise<void>> {
    const token = await caller.issue();
    const target = `/operator/api/events/stream?token=${token}`;
    return vanishingClient(url, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
  }

  it('ends soon, directly and through the gateway; others stay', async () => {
    const stays = await caller.stream();
    await stays.named('snapshot');
    const gone = await Promise.all([backend.url, gateway.url].map(vanish));
    expect(await backend.caller.metric(ACTIVE, { credential: 'ephemeral' })).toBe(3);
    await caller.publish(event({ type: 'test.unread' }));
    await until(async () => {
      return (await backend.caller.metric(ACTIVE, { credential: 'ephemeral' })) === 1;
    });
    for (const { log } of [backend, gateway]) {
      expect(log.filter((line) => line.includes(VANISHED))).toEqual([
        expect.stringContaining('"connections":1,'),
      ]);
    }
    await caller.publish(event({ type: 'test.read' }));
    await stays.ofType('test.read');
    await stays.close();
    await Promise.all(gone.map((end) => end()));
  });
});

itLeaksNoToken();
