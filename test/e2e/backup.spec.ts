// @needs sqlite3
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { sha256 } from '../../src/kernel/ids.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { event } from '../support/caller.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

const run = promisify(execFile);
const [, script = ''] =
  /^```sh\n([\s\S]*?)^```$/m.exec(readFileSync('docs/operational/backup.md', 'utf8')) ?? [];

it('a backup that the page makes of a running backend holds events, trail, principals and revocations', async () => {
  const dir = newDataDir();
  const token = remember(newPrincipalToken(), 'principal');
  const start = (dataDir: string): Promise<TestBackend> =>
    startBackend({ VX11_DATA_DIR: dataDir, VX11_OPERATOR_TOKEN: token });
  const running = await start(dir);
  const { json: published } = await running.caller.publish(event(), event(), event());
  for (const id of ['kept', 'revoked']) {
    const body = { id, scopes: ['events:read'], token_sha256: sha256(newPrincipalToken()) };
    const { status } = await running.caller.api('/principals', { method: 'POST', body });
    expect(status).toBe(201);
  }
  await running.caller.api('/principals/revoked/revoke', { method: 'POST' });
  await run('bash', ['--norc', '-ec', script], { env: { ...process.env, VX11_DATA_DIR: dir } });
  const stream = await running.caller.stream();
  await stream.named('snapshot');
  const { json: later } = await running.caller.publish(event());
  const newest = await stream.next('the event', ({ data }) => data.id === later.ids[0]);
  await running.close();

  const restored = await start(`${dir}.backup`);
  const { events } = (await restored.caller.api('/events?limit=100')).json;
  const ids = events.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(published.ids));
  expect(ids).not.toContain(later.ids[0]);
  const { entries } = (await restored.caller.api('/audit?limit=100')).json;
  expect(entries.map(({ action }: { action: string }) => action)).toContain('events.published');
  const { principals } = (await restored.caller.api('/principals')).json;
  expect(principals).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'kept', status: 'active' }),
      expect.objectContaining({ id: 'revoked', status: 'revoked' }),
    ]),
  );
  await restored.caller.publish(event());
  const back = await restored.caller.stream({
    query: `&follow=false&lastEventId=${newest.id}`,
  });
  await back.ended;
  expect(back.frames.map(({ name }) => name)).toContain('gap');
  await restored.close();
  for (const one of [dir, `${dir}.backup`]) rmSync(one, { recursive: true });
});

itLeaksNoToken();
