import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, spawnBackend, type BackendProcess } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';

describe('a warning', () => {
  let home: string;
  let backend: BackendProcess;

  beforeAll(async () => {
    await build();
    home = mkdtempSync(join(tmpdir(), 'vx11-warnings-'));
    backend = await spawnBackend({ VX11_DATA_DIR: home, VX11_DRAIN_SECOND: '1' });
  });

  afterAll(async () => {
    await backend?.end('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  it('about a setting that does not exist names the one that is probably meant', () => {
    const line = backend.output.find((text) => text.includes('no such setting'));
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'warn',
      name: 'VX11_DRAIN_SECOND',
      meant: 'VX11_DRAIN_SECONDS',
    });
  });

  it("of Node's, about the URL of a request, is a line of the log, without the token in it", async () => {
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
