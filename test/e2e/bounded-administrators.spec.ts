import { rmSync } from 'node:fs';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

describe('an administrator whose filter is module modx', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    {
      id: 'boss',
      scopes: ['events:read', 'streams:admin'],
      filter: { module: ['modx'] },
    },
    { id: 'inside', scopes: ['events:read'], filter: { module: ['modx'], severity: ['error'] } },
    { id: 'outside', scopes: ['events:read'], filter: { module: ['mody'] } },
    { id: 'partly', scopes: ['events:read'], filter: { module: ['modx', 'mody'] } },
    { id: 'everything', scopes: ['events:read'] },
  ]);
  type Id = keyof typeof tokens;
  const others: Id[] = ['outside', 'partly', 'everything'];
  let backend: TestBackend;
  let boss: Caller;
  const readers = new Map<Id, StreamReader>();
  const as = (id: Id) => new Caller(backend.url, tokens[id], `browser of ${id}`);

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
    boss = as('boss');
    for (const id of ['inside', ...others] as Id[]) {
      // A filter in the query narrows the stream, not the right that it was opened with.
      const reader = await as(id).stream({ query: '&module=modx' });
      await reader.named('snapshot');
      readers.set(id, reader);
    }
  });

  afterAll(async () => {
    for (const reader of readers.values()) await reader.close();
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const rows = async (by: Caller) =>
    (await by.api('/streams')).json.streams as { id: string; principal_id: string }[];
  const idOf = async (id: Id) =>
    (await rows(backend.caller)).find((row) => row.principal_id === id)?.id ?? '';

  it('lists the streams inside it, and counts no others', async () => {
    const { json } = await boss.api('/streams');
    expect(json.streams.map((row: { principal_id: string }) => row.principal_id)).toEqual([
      'inside',
    ]);
    expect(json.total).toBe(1);
    expect(await rows(backend.caller)).toHaveLength(4);
  });

  it.each(others)('cannot end a stream of %s: it does not exist for it', async (id) => {
    const answer = await boss.api(`/streams/${await idOf(id)}`, { method: 'DELETE' });
    const unknown = await boss.api('/streams/s_none', { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(answer.json.detail).toBe(unknown.json.detail);
    expect(await idOf(id)).not.toBe('');
  });

  it.each(others.flatMap((id) => [`${id}/revoke`, `${id}/restore`]))(
    'gets the same 404 for %s as for a principal that does not exist',
    async (path) => {
      const answer = await boss.post(`/principals/${path}`);
      const unknown = await boss.post(`/principals/nobody/${path.split('/')[1]}`);
      expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
      expect(answer.json.detail).toBe(unknown.json.detail);
    },
  );

  it.each(others)('cannot end a token of %s', async (id) => {
    const token = await as(id).issue();
    const answer = await boss.post('/events/sse-token/revoke', { sse_token: token });
    expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
    const reader = await as(id).stream({ token });
    await reader.named('snapshot');
    await reader.close();
  });

  it('ends a token of a principal inside it', async () => {
    const token = await as('inside').issue();
    const revoked = await boss.post('/events/sse-token/revoke', { sse_token: token });
    expect(revoked.status).toBe(204);
    expect((await (await as('inside').stream({ token })).refusal()).code).toBe('invalid_token');
  });

  it('administrates a token that an unbounded principal narrowed to modx', async () => {
    const token = await as('everything').issue({ filter: { module: ['modx'] } });
    const reader = await as('everything').stream({ token });
    await reader.named('snapshot');
    expect(await rows(boss)).toHaveLength(2);
    await boss.post('/events/sse-token/revoke', { sse_token: token });
    expect((await reader.named('goodbye')).data.reason).toBe('revoked');
  });

  it('ends, revokes and restores inside it', async () => {
    const id = await idOf('inside');
    expect((await boss.api(`/streams/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await readers.get('inside')!.named('goodbye')).data.reason).toBe('admin');
    expect((await boss.post('/principals/inside/revoke')).status).toBe(202);
    expect((await as('inside').post('/events/sse-token')).status).toBe(403);
    expect((await boss.post('/principals/inside/restore')).status).toBe(202);
    expect((await as('inside').post('/events/sse-token', undefined)).status).toBe(200);
  });
});

itLeaksNoToken();
