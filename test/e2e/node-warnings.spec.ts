import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';

describe("a warning of Node's", () => {
  let home: string;
  let backend: BackendProcess;

  beforeAll(async () => {
    await build();
    home = mkdtempSync(join(tmpdir(), 'vx11-warnings-'));
    backend = await spawnBackend({ VX11_DATA_DIR: home });
  });

  afterAll(async () => {
    await backend?.end('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  it('about the URL of a request is a line of the log, without the token in the URL', async () => {
    const { hostname, port } = new URL(backend.url);
    const socket = connect(Number(port), hostname);
    const path = `/operator/api/events/stream?token=${backend.caller.token}`;
    socket.end(`GET http://host:80x${path} HTTP/1.1\r\nHost: host\r\nConnection: close\r\n\r\n`);
    await once(socket.resume(), 'close');
    const line = () => backend.output.find((text) => text.includes('DEP0170'));
    await until(() => line() !== undefined);
    expect(JSON.parse(line() ?? '')).toMatchObject({
      level: 'warn',
      warning: 'DeprecationWarning',
      code: 'DEP0170',
      message: expect.stringContaining('token=***'),
    });
    for (const text of backend.output) expect(() => JSON.parse(text)).not.toThrow();
  });
});

itLeaksNoToken();
