import { rmSync } from 'node:fs';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import {
  BATCH,
  expectRefused,
  newestTaken,
  PLAIN,
  publishRaw,
  STRUCTURED,
} from '../support/publishing.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';

describe('what a principal may publish', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'shop', scopes: ['events:publish'], filter: { module: ['shop'], type: ['shop.*'] } },
    { id: 'free', scopes: ['events:publish'] },
    { id: 'other', scopes: ['events:publish'] },
    { id: 'madre', scopes: ['events:publish'] },
    { id: 'reader', scopes: ['events:read'] },
    { id: 'auditor', scopes: ['events:read', 'audit:read'] },
  ]);
  const neighbour = remember(newPrincipalToken(), 'neighbour');
  let backend: TestBackend;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id]);

  beforeAll(async () => {
    backend = await startBackend({
      VX11_DATA_DIR: dataDir,
      VX11_PRINCIPALS_FILE: file,
      VX11_NEIGHBOUR_TOKEN: neighbour,
    });
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const expectForbidden = async (
    caller: Caller,
    headers: Record<string, string>,
    body: object,
    field: string,
  ) => {
    const before = await newestTaken(backend.caller);
    const { status, json } = await publishRaw(caller, headers, body);
    expect([status, json.code]).toEqual([403, 'insufficient_scope']);
    expect(json.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(await newestTaken(backend.caller)).toBe(before);
  };

  it('is bounded by its filter, in each form, and nothing of a batch is taken', async () => {
    const shop = as('shop');
    const inside = { type: 'shop.sale', module: 'shop' };
    expect((await publishRaw(shop, STRUCTURED, event(inside))).status).toBe(202);
    await expectForbidden(shop, STRUCTURED, event({ ...inside, module: 'bank' }), '/module');
    await expectForbidden(
      shop,
      BATCH,
      [event(inside), event({ ...inside, type: 'bank.sale' })],
      '/1/type',
    );
    await expectForbidden(shop, PLAIN, { event_type: 'bank.sale', module: 'shop' }, '/event_type');
    // The module is made of the source here.
    await expectForbidden(
      shop,
      STRUCTURED,
      event({ ...inside, module: undefined, source: '/bank' }),
      '/module',
    );
    const alert = { status: 'firing', labels: { alertname: 'A', job: 'shop' }, fingerprint: 'f' };
    const answer = await shop.post('/intake/alertmanager', { version: '4', alerts: [alert] });
    expect([answer.status, answer.json.code]).toEqual([403, 'insufficient_scope']);
    expect(answer.json.errors).toMatchObject([{ field: '/alerts/0' }]);
  });

  it.each([
    'vx11.security.token_replayed',
    'vx11.service.down',
    'vx11.alert.firing',
    'vx11.neighbour.load',
    'vx11.',
    'VX11.Security.x',
    // As people see them.
    ' vx11.alert.firing',
    '\u200bvx11.drain',
    'vx\u00ad11.drain',
    '\uff56\uff5811.drain',
    'vx11\uff0edrain',
  ])('is no event of the type %s', (type) =>
    expectForbidden(as('free'), STRUCTURED, event({ type }), '/type'),
  );

  it.each([
    '/operator-backend',
    'operator-backend',
    '/operator-backend/',
    '/operator-backend/streams?x#y',
    '/Operator-Backend',
    '/./operator-backend',
    '/%6fperator-backend',
    '/x/../operator-backend',
    'http:operator-backend',
    '/alertmanager',
    '/tentaculo-link',
    '/operator-frontend',
    '/madre',
    '/switch',
    '/hermes/1',
    '/hermes;1',
    '///operator-backend',
    '/operator-backend\u200b',
    '/operator%E2%80%8B-backend',
    '/\uff4fperator-backend',
  ])('is no event of the source %s', (source) =>
    expectForbidden(as('free'), BATCH, [event({ source })], '/0/source'),
  );

  it.each(['https://team.example/operator-backend', '/team/madre', 'urn:madre', '/madre2'])(
    'may be an event of the source %s, which is not of the product',
    async (source) => {
      expect((await publishRaw(as('free'), STRUCTURED, event({ source }))).status).toBe(202);
    },
  );

  it('is no plain event whose module names a part of the product', () =>
    expectForbidden(as('free'), PLAIN, { event_type: 'a', module: 'hermes' }, '/module'));

  it('is what a neighbour says about itself, and not about another', async () => {
    const about = (name: string) => event({ type: 'vx11.neighbour.load', source: `/${name}` });
    expect((await publishRaw(as('madre'), STRUCTURED, about('madre'))).status).toBe(202);
    await expectForbidden(as('madre'), STRUCTURED, about('hermes'), '/source');
    await expectForbidden(
      as('madre'),
      STRUCTURED,
      event({ type: 'vx11.alert.firing', source: '/madre' }),
      '/type',
    );
    const shared = new Caller(backend.url, neighbour);
    for (const name of ['madre', 'switch', 'hermes']) {
      expect((await publishRaw(shared, STRUCTURED, about(name))).status).toBe(202);
    }
    await expectForbidden(shared, STRUCTURED, about('operator-backend'), '/source');
  });

  it('cannot take the id of an event of another principal', async () => {
    const stolen = event({ type: 'shop.alarm', severity: 'critical', module: 'shop' });
    await as('free').publish({ ...stolen, severity: 'info' });
    expect((await as('other').publish(stolen)).json).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await as('other').publish(stolen)).json).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('is shown with its publisher to those who may read the audit trail, and only there', async () => {
    const reader = await as('auditor').stream({ query: '&type=who.*' });
    await reader.named('snapshot');
    await as('free').publish(event({ type: 'who.published', publisher: 'an extension' }));
    const { data } = await reader.ofType('who.published');
    await reader.close();
    expect(data).toMatchObject({ publisher: 'an extension' });
    expect(reader.raw).not.toContain('"free"');
    const query = '/events?type=who.*&limit=1';
    expect((await as('auditor').api(query)).json).toMatchObject({ publishers: ['free'] });
    expect((await as('reader').api(query)).json).not.toHaveProperty('publishers');
    const own = await as('auditor').api('/events?type=vx11.*&limit=1');
    expect(own.json.publishers).toEqual(['/operator-backend']);
  });

  it('needs a credential at all', async () => {
    const answer = await ask(backend.url, '/operator/api/events', { method: 'POST', body: {} });
    expect(answer.status).toBe(401);
  });

  it('is nothing for a principal that may only read', () =>
    expectRefused(
      backend.caller,
      () => publishRaw(as('reader'), STRUCTURED, event()),
      403,
      'insufficient_scope',
    ));
});

itLeaksNoToken();
