import { rmSync } from 'node:fs';
import { newDataDir, startBackend, type TestBackend } from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken } from '../support/secrets.js';

describe('a principal of the principals file', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'reader', scopes: ['events:read'] },
    { id: 'publisher', scopes: ['events:publish'] },
    { id: 'admin', scopes: ['streams:admin'] },
    { id: 'nobody', scopes: [] },
    { id: 'shop', scopes: ['events:read'], filter: { module: ['shop'], severity: ['error'] } },
  ]);
  let backend: TestBackend;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id]);

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const routes = [
    ['POST', '/events/sse-token', 'events:read', 200],
    ['POST', '/events/sse-token/revoke', 'events:read', 400],
    ['GET', '/events', 'events:read', 200],
    ['GET', '/events/stream?follow=false', 'events:read', 200],
    ['POST', '/events', 'events:publish', 415],
    ['POST', '/intake/alertmanager', 'events:publish', 415],
    ['GET', '/streams', 'streams:admin', 200],
    ['DELETE', '/streams/s_none', 'streams:admin', 404],
    ['POST', '/principals/none/revoke', 'streams:admin', 404],
  ] as const;
  const holders = {
    'events:read': 'reader',
    'events:publish': 'publisher',
    'streams:admin': 'admin',
  } as const;

  it.each(routes)(
    '%s %s opens with %s (%i) and with nothing else',
    async (method, path, scope, status) => {
      const entered = [];
      for (const id of ['reader', 'publisher', 'admin', 'nobody'] as const) {
        // The issuing answer holds a token by right.
        const answer = await as(id).api(path, { method, issuing: path === '/events/sse-token' });
        if (answer.json?.code !== 'insufficient_scope') entered.push([id, answer.status]);
      }
      expect(entered).toEqual([[holders[scope], status]]);
    },
  );

  it('reads only what its filter lets through: live, snapshot, replay and history', async () => {
    const publisher = as('publisher');
    const reader = await as('shop').stream({ query: '&module=shop,bank&type=*' });
    const { data: start } = await reader.named('snapshot');
    await publisher.publish(
      event({ type: 'no', module: 'bank', severity: 'error' }),
      event({ type: 'no', module: 'shop', severity: 'info' }),
      event({ type: 'yes', module: 'shop', severity: 'error' }),
    );
    await reader.ofType('yes');
    const types = (events: { type: string }[]) => events.map(({ type }) => type);
    expect(types(reader.events.map(({ data }) => data))).toEqual(['yes']);

    const snapshot = await as('shop').stream({ query: '&follow=false' });
    await snapshot.ended;
    expect(types(snapshot.frames[0]?.data.events)).toEqual(['yes']);

    const replay = await as('shop').stream({ query: `&follow=false&lastEventId=${start.latest}` });
    await replay.ended;
    expect(types(replay.events.map(({ data }) => data))).toEqual(['yes']);

    const history = await as('shop').api('/events?type=*');
    expect(types(history.json.events)).toEqual(['yes']);

    const direct = await as('shop').api('/events/stream?follow=false');
    expect(direct.text).toContain('"type":"yes"');
    expect(direct.text).not.toContain('"type":"no"');
    await reader.close();
  });

  it('narrows a token with a filter, and never widens it beyond its own', async () => {
    const token = await as('shop').issue({ filter: { module: ['shop', 'bank'] } });
    const reader = await as('shop').stream({ token });
    await reader.named('snapshot');
    await as('publisher').publish(
      event({ type: 'no', module: 'bank', severity: 'error' }),
      event({ type: 'last', module: 'shop', severity: 'error' }),
    );
    await reader.ofType('last');
    expect(reader.events.map(({ data }) => data.type)).toEqual(['last']);
    await reader.close();
  });
});

itLeaksNoToken();
