import { rmSync } from 'node:fs';
import { newDataDir, startBackend } from '../support/backend.js';
import { withBackend } from '../support/fixtures.js';
import { itLeaksNoToken } from '../support/secrets.js';

describe('system events', () => {
  const { backend } = withBackend();

  it('report that a stream opened, and that it ended with its reason', async () => {
    const { caller } = backend;
    const watcher = await caller.stream({ query: '&type=vx11.stream.*' });
    await watcher.named('snapshot');
    const opened = await watcher.ofType('vx11.stream.opened');
    expect(opened.data).toMatchObject({
      severity: 'info',
      module: 'operator-backend',
      data: { count: 1, principal_id: 'operator', credential: 'ephemeral' },
    });
    await (await caller.stream()).close();
    const closed = await watcher.ofType('vx11.stream.closed');
    expect(closed.data.data).toMatchObject({ count: 1, reason: 'client' });
    await watcher.close();
  });

  it('sum up a burst of opened streams in few events, whose counts add up to all', async () => {
    const { caller } = backend;
    const storm = 200;
    const watcher = await caller.stream({ query: '&type=vx11.stream.opened' });
    await watcher.named('snapshot');
    const token = await caller.issue();
    const readers = await Promise.all(
      Array.from({ length: storm }, () => caller.stream({ token, query: '&module=none' })),
    );
    let counted = 0;
    let events = 0;
    // The watcher's own opening may be among them.
    while (counted < storm) {
      counted += (await watcher.ofType('vx11.stream.opened')).data.data.count as number;
      events += 1;
    }
    expect(counted).toBeLessThanOrEqual(storm + 2);
    expect(events).toBeLessThan(storm / 4);
    await Promise.all([watcher, ...readers].map((reader) => reader.close()));
  });

  it('count every stream that a shutdown ended, also those of the last second', async () => {
    const dataDir = newDataDir();
    const first = await startBackend({ VX11_DATA_DIR: dataDir });
    const readers = await Promise.all(Array.from({ length: 5 }, () => first.caller.stream()));
    await Promise.all(readers.map((reader) => reader.named('snapshot')));
    await first.close();
    const second = await startBackend({ VX11_DATA_DIR: dataDir });
    const history = await second.caller.api('/events?type=vx11.stream.closed');
    await Promise.all([second.close(), ...readers.map((reader) => reader.close())]);
    rmSync(dataDir, { recursive: true, force: true });
    const closed = history.json.events as { data: { count: number } }[];
    expect(closed.reduce((sum, { data }) => sum + data.count, 0)).toBe(readers.length);
  });
});

itLeaksNoToken();
