import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { closed } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import type { StreamReader } from '../support/stream-reader.js';

const REVOKE = '/events/sse-token/revoke';

describe('ending a right ends its streams', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'ana', scopes: ['events:read'] },
    { id: 'bob', scopes: ['events:read'] },
    { id: 'eve', scopes: ['events:read'] },
  ]);
  let backend: TestBackend;
  let admin: Caller;
  const as = (id: keyof typeof tokens) => new Caller(backend.url, tokens[id], `browser of ${id}`);

  beforeAll(async () => {
    backend = await startBackend({ VX11_DATA_DIR: dataDir, VX11_PRINCIPALS_FILE: file });
    admin = backend.caller;
  });

  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function live(by: Caller, token?: string): Promise<StreamReader> {
    const reader = await by.stream(token === undefined ? {} : { token });
    await reader.named('snapshot');
    return reader;
  }

  const revoke = (by: Caller, token: string) => by.post(REVOKE, { sse_token: token });

  /** Still open: it hears what is published now. */
  async function expectLive(reader: StreamReader): Promise<void> {
    const id = randomUUID();
    await admin.publish({ specversion: '1.0', id, source: '/t', type: 'still.there' });
    await reader.next('a new event', ({ data }) => data.id === id);
  }

  describe('revoking what is being used', () => {
    /** Sends all but the end of a body; the function that is returned sends that. */
    async function heldBack(method: string, path: string, by: string, type: string, body: object) {
      const text = JSON.stringify(body);
      const { hostname, port } = new URL(backend.url);
      const socket = connect(Number(port), hostname);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      const head = [
        `${method} /operator/api${path} HTTP/1.1`,
        'Host: a',
        'Connection: close',
        `X-VX11-Token: ${by}`,
        `Content-Type: ${type}`,
        `Content-Length: ${text.length}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${text.slice(0, -1)}`);
      return async () => {
        socket.write(text.slice(-1));
        await closed(socket);
        return Buffer.concat(chunks).toString();
      };
    }

    it('refuses requests whose bodies were held back until then', async () => {
      const id = `mole-${randomUUID()}`;
      const scopes = ['events:read', 'events:publish', 'streams:admin'];
      const created = await admin.api('/principals', {
        method: 'POST',
        body: { id, scopes },
        issuing: true,
      });
      const mole = remember((created.json as { token: string }).token, 'principal');
      const event = { specversion: '1.0', id: '1', source: '/t', type: 'late' };
      const json = 'application/json';
      const late = [
        await heldBack('POST', '/principals', mole, json, { id: 'another-mole', scopes }),
        await heldBack('PATCH', '/principals/ana', mole, json, { comment: 'mine' }),
        await heldBack('POST', `/principals/${id}/rotate`, mole, json, { grace_sec: 60 }),
        await heldBack('POST', '/events', mole, 'application/cloudevents+json', event),
        await heldBack('POST', '/events/sse-token', mole, json, { filter: { module: ['m'] } }),
      ];
      // Served after them: by now the guard has let them in.
      await admin.api('/streams');
      expect((await admin.post(`/principals/${id}/revoke`)).status).toBe(202);
      for (const finish of late) {
        const answer = await finish();
        expect(answer).toMatch(/^HTTP\/1\.1 403 /);
        expect(answer).toContain('invalid_token');
      }
      expect((await admin.api('/principals/another-mole')).status).toBe(404);
      const labels = { credential: 'principal', result: 'invalid' };
      const counted = () => admin.metric('vx11_operator_token_validations_total', labels);
      const before = await counted();
      const refused = await new Caller(backend.url, mole).api('/events/stream');
      expect(refused.json.code).toBe('invalid_token');
      expect(await counted()).toBe(before + 1);
    });

    it('ends the streams that are just opening', async () => {
      for (let round = 0; round < 4; round += 1) {
        const token = await as('ana').issue();
        const opening = Array.from({ length: 24 }, () => as('ana').stream({ token }));
        const revoked = revoke(as('ana'), token);
        const readers = await Promise.allSettled(opening);
        expect((await revoked).status).toBe(204);
        // Each was refused, or opened and ended.
        await Promise.all(
          readers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.ended] : [])),
        );
      }
      expect(await admin.streams(0)).toEqual([]);
    });
  });

  describe('revoking an ephemeral token', () => {
    it('ends the streams opened with it by goodbye revoked, and no other', async () => {
      const token = await as('ana').issue();
      const [ended, again, other] = await Promise.all([
        live(as('ana'), token),
        live(as('ana'), token),
        live(as('ana')),
      ]);
      expect((await revoke(as('ana'), token)).status).toBe(204);
      for (const reader of [ended, again]) {
        expect((await reader.named('goodbye')).data).toMatchObject({
          reason: 'revoked',
          reconnect: false,
        });
        expect(await reader.ended).toBe('clean');
      }
      await expectLive(other);
      await other.close();
    });

    it('makes it an invalid_token from then on, counted as revoked', async () => {
      const before = await admin.metric('vx11_operator_ephemeral_tokens_revoked_total');
      const token = await as('ana').issue();
      await revoke(as('ana'), token);
      expect(await (await as('ana').stream({ token })).refusal()).toEqual({
        status: 403,
        code: 'invalid_token',
      });
      expect(await admin.metric('vx11_operator_ephemeral_tokens_revoked_total')).toBe(before + 1);
    });

    it('answers 204 for one that is dead already or never lived: it is ended either way', async () => {
      const token = await as('ana').issue();
      for (const one of [token, token, randomUUID(), 'no token at all']) {
        expect((await revoke(as('ana'), one)).status).toBe(204);
      }
    });

    it('of another principal needs streams:admin', async () => {
      const token = await as('ana').issue();
      const reader = await live(as('ana'), token);
      expect(await revoke(as('bob'), token)).toMatchObject({
        status: 403,
        json: { code: 'insufficient_scope' },
      });
      await expectLive(reader);
      expect((await revoke(admin, token)).status).toBe(204);
      await reader.named('goodbye');
    });

    it.each([
      ['no body', undefined],
      ['no token', {}],
      ['a token that is a number', { sse_token: 7 }],
      ['an unknown field', { sse_token: 'x', principal: 'ana' }],
    ])('with %s is an invalid_request', async (_, body) => {
      const { status, json } = await as('ana').post(REVOKE, body);
      expect([status, json.code]).toEqual([400, 'invalid_request']);
    });
  });

  describe('DELETE of a stream', () => {
    it('ends that one by goodbye admin', async () => {
      const [ended, other] = [await live(as('ana')), await live(as('bob'))];
      const { streams } = (await admin.api('/streams')).json;
      const row = streams.find((one: { principal_id: string }) => one.principal_id === 'ana');
      expect(row).toEqual({
        id: expect.stringMatching(/^s_/),
        instance: expect.stringMatching(/^i_/),
        principal_id: 'ana',
        credential: 'ephemeral',
        filter: [],
        address: '127.0.0.1',
        user_agent: 'browser of ana',
        opened_at: expect.stringMatching(/^\d{4}-.*Z$/),
        events_delivered: expect.any(Number),
        backlog_bytes: expect.any(Number),
      });
      expect((await admin.api(`/streams/${row.id}`, { method: 'DELETE' })).status).toBe(204);
      expect((await ended.named('goodbye')).data).toMatchObject({
        reason: 'admin',
        reconnect: false,
      });
      expect((await admin.api(`/streams/${row.id}`, { method: 'DELETE' })).status).toBe(404);
      await expectLive(other);
      await other.close();
    });
  });

  describe('revoking a principal', () => {
    it('needs confirmation for the last administrator, and survives a restart', async () => {
      const ownDir = newDataDir();
      const env = { VX11_DATA_DIR: ownDir, VX11_OPERATOR_TOKEN: newPrincipalToken() };
      const first = await startBackend(env);
      expect(await first.caller.post('/principals/operator/revoke')).toMatchObject({
        status: 409,
        json: { code: 'last_administrator', detail: expect.stringContaining('?confirm=') },
      });
      expect((await first.caller.post('/events/sse-token')).status).toBe(200);
      const confirmed = '/principals/operator/revoke?confirm=last_administrator';
      expect((await first.caller.post(confirmed)).status).toBe(202);
      await first.close();
      const second = await startBackend(env);
      expect((await second.caller.post('/events/sse-token')).json).toMatchObject({
        code: 'invalid_token',
        detail: expect.stringContaining('This principal was revoked.'),
      });
      expect(second.log.join('')).toContain('no administrator is configured, or all are revoked');
      await second.close();
      rmSync(ownDir, { recursive: true, force: true });
    });

    it('kills its tokens, ends its streams, refuses it from then on; the others stay', async () => {
      const [eve, bob] = [as('eve'), as('bob')];
      const unused = await eve.issue();
      const ended = [await live(eve), await live(eve)];
      const other = await live(bob);
      const watcher = await admin.stream({ query: '&type=vx11.security.*' });
      await watcher.named('snapshot');

      expect(await admin.post('/principals/eve/revoke')).toMatchObject({
        status: 202,
        json: { tokens: 3, streams: 2 },
      });
      for (const reader of ended) {
        expect((await reader.named('goodbye')).data.reason).toBe('revoked');
      }
      expect((await (await eve.stream({ token: unused })).refusal()).code).toBe('invalid_token');
      expect((await eve.post('/events/sse-token')).json.code).toBe('invalid_token');
      expect((await eve.api('/events')).json.code).toBe('invalid_token');
      expect((await watcher.ofType('vx11.security.principal_revoked')).data.data).toMatchObject({
        principal_id: 'eve',
        by: 'operator',
      });
      await expectLive(other);
      await Promise.all([other.close(), watcher.close()]);
    });

    it('can be undone: restored, the principal is admitted again, and its ended tokens stay ended', async () => {
      const bob = as('bob');
      const ended = await bob.issue();
      const watcher = await admin.stream({ query: '&type=vx11.security.*' });
      await watcher.named('snapshot');
      await admin.post('/principals/bob/revoke');
      expect((await bob.post('/events/sse-token')).status).toBe(403);
      expect((await admin.post('/principals/bob/restore')).status).toBe(202);
      expect((await watcher.ofType('vx11.security.principal_restored')).data.data).toMatchObject({
        principal_id: 'bob',
        by: 'operator',
      });
      expect((await (await bob.stream({ token: ended })).refusal()).code).toBe('invalid_token');
      const reader = await live(bob);
      await expectLive(reader);
      await Promise.all([reader.close(), watcher.close()]);
      expect(backend.log.join('')).toContain('"action":"principal.restored"');
      expect((await admin.post('/principals/bob/restore')).status).toBe(202);
      expect((await admin.post('/principals/mallory/restore')).status).toBe(404);
    });

    it('that does not exist is not_found', async () => {
      expect(await admin.post('/principals/mallory/revoke')).toMatchObject({
        status: 404,
        json: { code: 'not_found' },
      });
    });
  });
});

itLeaksNoToken();
