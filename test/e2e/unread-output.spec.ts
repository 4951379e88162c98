import { rmSync } from 'node:fs';
import { newDataDir } from '../support/backend.js';
import { event } from '../support/caller.js';
import { build, spawnBackend } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';

describe('a backend whose output nobody reads any more', () => {
  beforeAll(build);

  // Without a request in between, the first line that cannot be written is one of its last.
  it.each([0, 20])('works on for %i requests, and ends when it is told to', async (requests) => {
    const dataDir = newDataDir();
    const backend = await spawnBackend({ VX11_DATA_DIR: dataDir, VX11_DRAIN_SECONDS: '1' });
    backend.stopReading();
    for (let n = 0; n < requests; n += 1) await backend.caller.publish(event());
    expect(await backend.end('SIGTERM')).toEqual({ code: 0, signal: null });
    rmSync(dataDir, { recursive: true, force: true });
  });
});

itLeaksNoToken();
