import { rmSync } from 'node:fs';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken } from '../support/secrets.js';

interface Page {
  events: { type: string; subject?: string; module: string; position: string; data: object }[];
}

describe('pins, acknowledgements and notes', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'ana', scopes: ['events:read', 'events:publish'] },
    {
      id: 'shop',
      scopes: ['events:read', 'events:publish'],
      filter: { module: ['shop'] },
    },
    {
      id: 'typed',
      scopes: ['events:read', 'events:publish'],
      filter: { type: ['shop.*'] },
    },
    {
      id: 'noted',
      scopes: ['events:read', 'events:publish'],
      filter: { type: ['shop.*', 'vx11.note.*'] },
    },
    { id: 'reader', scopes: ['events:read'] },
    { id: 'writer', scopes: ['events:publish'] },
  ]);
  let backend: TestBackend;
  let shop: string;
  let bank: string;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id]);
  const add = (by: keyof typeof tokens, position: string, body: object) =>
    as(by).post(`/events/${position}/notes`, JSON.stringify(body), {
      'content-type': 'application/json',
    });
  const read = async (by: keyof typeof tokens, query: string) =>
    ((await as(by).api(`/events?${query}`)).json as never as Page).events;

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
    await as('ana').publish(
      event({ type: 'shop.broke', module: 'shop' }),
      event({ type: 'bank.broke', module: 'bank' }),
    );
    [shop = '', bank = ''] = (await read('ana', 'type=shop.broke,bank.broke')).map(
      ({ position }) => position,
    );
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it.each([
    ['pin', undefined, 'vx11.note.pinned'],
    ['unpin', undefined, 'vx11.note.unpinned'],
    ['acknowledge', 'I am on it', 'vx11.note.acknowledged'],
    ['note', 'The disk was full.', 'vx11.note.added'],
  ])('%s becomes an event that every reader of the module gets', async (action, text, type) => {
    const stream = await as('shop').stream({ query: `&type=${type}` });
    await stream.named('snapshot');
    const { status, json } = await add('ana', shop, { action, ...(text && { text }) });
    expect(status).toBe(202);
    const { data } = await stream.ofType(type);
    expect(data).toMatchObject({
      type,
      subject: shop,
      module: 'shop',
      source: '/operator-backend',
      position: json.position,
      data: { by: 'ana', position: shop, ...(text && { text }) },
    });
    expect((await read('reader', `type=${type}&subject=${shop}`)).length).toBe(1);
  });

  it('can be read back by their author, also where its filter admits certain types only', async () => {
    const { status, json } = await add('noted', shop, { action: 'pin' });
    expect(status).toBe(202);
    const own = await read('noted', 'type=vx11.note.pinned');
    expect(own.map(({ position }) => position)).toContain(json.position);
  });

  it.each<[keyof typeof tokens, () => string, object, number, string]>([
    ['reader', () => shop, { action: 'pin' }, 403, 'insufficient_scope'],
    ['writer', () => shop, { action: 'pin' }, 403, 'insufficient_scope'],
    ['shop', () => bank, { action: 'pin' }, 404, 'not_found'],
    ['typed', () => shop, { action: 'pin' }, 403, 'insufficient_scope'],
    ['ana', () => '1-1', { action: 'pin' }, 404, 'not_found'],
    ['ana', () => 'x', { action: 'pin' }, 404, 'not_found'],
    ['ana', () => shop, { action: 'delete' }, 400, 'invalid_request'],
    ['ana', () => shop, { action: 'note' }, 400, 'invalid_request'],
    ['ana', () => shop, { action: 'note', text: ' \n ' }, 400, 'invalid_request'],
    ['ana', () => shop, { action: 'note', text: null }, 400, 'invalid_request'],
    ['ana', () => '0-0', { action: 'pin' }, 404, 'not_found'],
    ['ana', () => '999999999999999-9999999999', { action: 'pin' }, 404, 'not_found'],
    ['ana', () => shop, { action: 'note', text: 'x'.repeat(2001) }, 400, 'invalid_request'],
  ])('are refused: %s, %j, %j', async (by, position, body, status, code) => {
    const answer = await add(by, position(), body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});

itLeaksNoToken();
