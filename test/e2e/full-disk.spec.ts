// @needs util-linux
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newPrincipalToken } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { ask } from '../support/http.js';
import { Child } from '../support/process/child.ts';
import { freePort } from '../support/process/ports.ts';
import { build } from '../support/process.js';
import { itLeaksNoToken } from '../support/secrets.js';

/** A mount namespace of its own: the disk of the test ends with the process. */
const UNSHARE = process.getuid?.() === 0 ? ['-m'] : ['-Urm'];
const DISK = 'mount -t tmpfs -o size=6m vx11-test "$VX11_DATA_DIR" && exec "$@"';

const directory = mkdtempSync(join(tmpdir(), 'vx11-full-'));

function canMount(): boolean {
  try {
    const env = { ...process.env, VX11_DATA_DIR: directory };
    execFileSync('unshare', [...UNSHARE, 'sh', '-c', DISK, 'sh', 'true'], { env, stdio: 'ignore' });
    return true;
  } catch (error) {
    process.emitWarning(`not tested: no small disk can be mounted here (${String(error)})`);
    return false;
  }
}

(canMount() ? describe : describe.skip)('an instance whose disk is full', () => {
  const token = newPrincipalToken();
  let backend: Child;
  let url: string;
  let caller: Caller;
  /** The directory as the process sees it. */
  let disk: string;

  beforeAll(async () => {
    await build();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const program = [process.execPath, '.cache/run/operator-backend.js'];
    backend = new Child({
      name: 'the backend',
      command: 'unshare',
      args: [...UNSHARE, 'sh', '-c', DISK, 'sh', ...program],
      env: {
        NODE_ENV: 'test',
        VX11_DATA_DIR: directory,
        VX11_BACKEND_PORT: String(port),
        VX11_OPERATOR_TOKEN: token,
      },
    });
    await backend.line(/"message":"listening"/);
    caller = new Caller(url, token);
    disk = `/proc/${backend.pid}/root${directory}`;
  });
  afterAll(async () => {
    await backend.end('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  });

  const ready = async () => {
    const { status, json } = await ask(url, '/readyz');
    return { status, code: (json as { code?: string } | undefined)?.code };
  };

  it('is not ready and says why, goes on reading, and recovers by itself', async () => {
    const publish = (id: string) =>
      ask(url, '/operator/api/events', {
        method: 'POST',
        headers: { 'X-VX11-Token': token, 'Content-Type': 'application/cloudevents+json' },
        body: JSON.stringify(event({ id, type: 'disk.filled', data: 'x'.repeat(50_000) })),
      });
    expect((await publish('kept')).status).toBe(202);
    expect(await ready()).toEqual({ status: 200, code: undefined });

    writeFileSync(join(disk, 'something-else'), Buffer.alloc(4 * 1024 * 1024));
    let refused;
    for (let n = 0; refused === undefined && n < 1000; n += 1) {
      const answer = await publish(`filling-${n}`);
      if (answer.status !== 202) refused = answer;
    }
    expect(refused).toMatchObject({ status: 503, json: { code: 'event_log_unavailable' } });
    expect(await eventually(ready, ({ status }) => status === 503)).toEqual({
      status: 503,
      code: 'event_log_full',
    });
    expect((await ask(url, '/livez')).status).toBe(200);
    const { json } = await ask(url, '/operator/api/events?limit=1&type=disk.filled', {
      headers: { 'X-VX11-Token': token },
    });
    expect(json).toMatchObject({ events: [{ type: 'disk.filled' }] });

    rmSync(join(disk, 'something-else'));
    expect((await eventually(ready, ({ status }) => status === 200)).status).toBe(200);
    expect((await publish('after')).status).toBe(202);
    await caller.issue();
  });
});

itLeaksNoToken();
