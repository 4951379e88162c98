import { createHash } from 'node:crypto';
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChainVerifier } from '../../src/audit/chain-verifier.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { itLeaksNoToken } from '../support/secrets.js';
import { until } from '../support/until.js';

interface Entry {
  readonly action: string;
  readonly [member: string]: unknown;
}

describe('the audit trail of a running system', () => {
  let backend: TestBackend;
  const tokens = new Map<string, string>();
  const dir = newDataDir();
  const as = (id: string) => new Caller(backend.url, tokens.get(id) as string);

  beforeAll(async () => {
    const rows = [
      { id: 'auditor', scopes: ['audit:read'] },
      { id: 'shop-auditor', scopes: ['audit:read'], filter: { module: ['shop'] } },
      { id: 'shop-reader', scopes: ['events:read'], filter: { module: ['shop'] } },
      {
        id: 'shop-admin',
        scopes: ['events:read', 'events:publish', 'streams:admin'],
        filter: { module: ['shop'] },
      },
      { id: 'reader', scopes: ['events:read'] },
      { id: 'publisher', scopes: ['events:publish'] },
    ].map((row) => {
      const token = newPrincipalToken();
      tokens.set(row.id, token);
      return { ...row, tokenSha256: createHash('sha256').update(token).digest('hex') };
    });
    const file = join(dir, 'principals.json');
    writeFileSync(file, JSON.stringify(rows));
    backend = await startBackend({ VX11_PRINCIPALS_FILE: file });
  });
  afterAll(async () => {
    await backend.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const entriesFor = async (id: string, query = ''): Promise<Entry[]> =>
    (await as(id).api(`/audit?limit=500${query}`)).json.entries;

  it('says who did what, with which result, from where and with which correlation id', async () => {
    const reader = await as('reader').stream();
    await reader.close();
    await as('publisher').post('/events', {
      event_type: 'a.b',
      module: 'm',
      severity: 'info',
      summary: 's',
    });
    await backend.caller.post('/principals/shop-reader/revoke', {});
    await backend.caller.post('/principals/shop-reader/restore', {});
    await as('reader').api('/streams');
    await until(async () =>
      (await entriesFor('auditor')).some(({ action }) => action === 'stream.closed'),
    );
    const entries = await entriesFor('auditor');
    const of = (action: string) => entries.find((entry) => entry.action === action);
    for (const action of ['token.issued', 'token.redeemed', 'stream.opened', 'stream.closed']) {
      expect(of(action)).toMatchObject({ actor: 'reader', result: 'done', address: '127.0.0.1' });
    }
    expect(of('events.published')).toMatchObject({ actor: 'publisher', amount: 1 });
    expect(of('principal.revoked')).toMatchObject({ actor: 'operator', subject: 'shop-reader' });
    expect(of('principal.restored')).toMatchObject({ actor: 'operator', subject: 'shop-reader' });
    expect(of('access.refused')).toMatchObject({
      actor: 'reader',
      result: 'refused',
      reason: 'insufficient_scope',
    });
    expect(
      entries.every(
        ({ correlation_id: id, action }) => typeof id === 'string' || action.startsWith('audit.'),
      ),
    ).toBe(true);
  });

  it('shows a reader with a filter only its own part, and lets nobody else read', async () => {
    const part = await entriesFor('shop-auditor');
    expect(part.length).toBeGreaterThan(0);
    const known = new Set(['shop-auditor', 'shop-reader']);
    expect(
      part.filter(
        ({ actor, subject, owner }) => ![actor, subject, owner].some((id) => known.has(String(id))),
      ),
    ).toEqual([]);
    expect(await entriesFor('shop-auditor', '&actor=reader')).toEqual([]);
    expect((await as('reader').api('/audit')).status).toBe(403);
    expect((await as('shop-auditor').api('/audit/export')).json.code).toBe('insufficient_scope');
    expect((await as('auditor').api('/audit?action=nothing')).json.code).toBe('invalid_query');
  });

  it('has one entry for each act beyond the rights of a principal, whatever finds that out', async () => {
    const event = { event_type: 'a.b', module: 'other', severity: 'info', summary: 's' };
    const admin = as('shop-admin');
    const attempts = [
      () => admin.post('/principals', { id: 'wide', scopes: ['events:read'] }),
      () => admin.post('/principals', { id: 'wide', scopes: ['audit:read'] }),
      () => admin.post('/events', event),
      () => admin.post('/events', { ...event, event_type: 'vx11.drain', module: 'shop' }),
      () => as('shop-auditor').api('/audit/export'),
      () => as('reader').api('/streams'),
    ];
    for (const attempt of attempts) {
      const { code, correlation_id: id } = (await attempt()).json;
      expect(code).toBe('insufficient_scope');
      expect(await entriesFor('auditor', `&correlationid=${id}`)).toEqual([
        expect.objectContaining({ action: 'access.refused', reason: 'insufficient_scope' }),
      ]);
    }
  });

  it('has the entry of a decision that is in effect although the disk did not take it', async () => {
    const drafts = ['managed-principals', 'revoked'].map((name) => {
      return join(backend.dataDir, `${name}.json.new`);
    });
    for (const draft of drafts) mkdirSync(draft);
    const post: Caller['post'] = (...ask) => backend.caller.post(...ask);
    const decisions = [
      ['created', () => post('/principals', { id: 'late', scopes: ['events:read'] })],
      ['disabled', () => post('/principals/late/disable')],
      ['restored', () => post('/principals/late/restore')],
      ['revoked', () => post('/principals/late/revoke')],
    ] as const;
    for (const [what, decide] of decisions) {
      const { status, json } = await decide();
      expect({ what, status, code: json.code }).toMatchObject({ status: 503 });
      const entries = await entriesFor('auditor', `&correlationid=${json.correlation_id}`);
      const entry = { action: `principal.${what}`, subject: 'late' };
      expect(entries).toMatchObject([{ ...entry, reason: 'token_store_unavailable' }, entry]);
      expect(entries[1]).not.toHaveProperty('reason');
    }
    for (const draft of drafts) rmdirSync(draft);
    // What is refused is not decided.
    await backend.caller.post('/principals', { id: 'late', scopes: ['events:read'] });
    const made = await entriesFor('auditor', '&action=principal.created&subject=late');
    expect(made).toHaveLength(2);
  });

  it('exports a chain that verifies, and that has no token in it', async () => {
    const answer = await as('auditor').api('/audit/export?limit=10000');
    expect(answer.headers['content-type']).toContain('application/x-ndjson');
    const verifier = new ChainVerifier();
    for (const line of answer.text.trim().split('\n')) verifier.add(JSON.parse(line));
    expect(verifier.finish().faults).toEqual([]);
    for (const token of tokens.values()) expect(answer.text).not.toContain(token);
  });

  it('keeps a correlation id that is a token masked', async () => {
    const token = tokens.get('reader') as string;
    await as('reader').api('/events?limit=1', { headers: { 'x-correlation-id': token } });
    expect(JSON.stringify(await entriesFor('auditor'))).not.toContain(token);
  });
});

itLeaksNoToken();
