/** @needs redis-server */
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RedisClient } from '../../src/redis/client.js';
import { RedisUnavailable } from '../../src/redis/unavailable.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller, event } from '../support/caller.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { ask as request, type Answer } from '../support/http.js';
import { writePrincipals } from '../support/principals.js';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { Browser } from '../support/session.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const PRINCIPALS = '/principals';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Asks for a token of a principal, whose answer may hold one by right. */
function ask(by: Caller, path: string, body?: object): Promise<Answer> {
  return by.api(path, { method: 'POST', issuing: true, ...(body ? { body } : {}) });
}

async function created(by: Caller, body: object): Promise<string> {
  const answer = await by.api(PRINCIPALS, { method: 'POST', body, issuing: true });
  expect(answer.status).toBe(201);
  return remember(answer.json.token as string, 'principal');
}

async function rotated(by: Caller, id: string, graceSec: number): Promise<string> {
  const path = `${PRINCIPALS}/${id}/rotate`;
  const answer = await by.api(path, {
    method: 'POST',
    body: { grace_sec: graceSec },
    issuing: true,
  });
  expect(answer.status).toBe(200);
  return remember(answer.json.token as string, 'principal');
}

describe('the life of a managed principal', () => {
  const dataDir = newDataDir();
  const { file, tokens } = writePrincipals(dataDir, [
    { id: 'helper', scopes: ['events:read', 'streams:admin'] },
    { id: 'bounded', scopes: ['events:read', 'streams:admin'], filter: { module: ['shop'] } },
  ]);
  const env = {
    VX11_DATA_DIR: dataDir,
    VX11_PRINCIPALS_FILE: file,
    VX11_OPERATOR_TOKEN: newPrincipalToken(),
  };
  let backend: TestBackend;
  let admin: Caller;
  const as = (token: string) => new Caller(backend.url, token, 'browser');
  const holder = (id: keyof typeof tokens) => as(tokens[id]);

  beforeAll(async () => {
    backend = await startBackend(env);
    admin = backend.caller;
  });
  afterAll(async () => {
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('begins with a token that is shown once and kept as its hash', async () => {
    const token = await created(admin, { id: 'ana', scopes: ['events:read'], comment: 'a note' });
    expect(token).toMatch(/^vx11p_[\w-]{43}$/);
    expect((await ask(as(token), '/events/sse-token')).status).toBe(200);
    const { json } = await admin.api(`${PRINCIPALS}/ana`);
    expect(json).toMatchObject({
      id: 'ana',
      source: 'managed',
      status: 'active',
      scopes: ['events:read'],
      filter: null,
      comment: 'a note',
      created_by: 'operator',
      expires_at: null,
      streams: 0,
      credentials: [{ id: sha256(token).slice(0, 12), status: 'active' }],
    });
  });

  it('may begin with the hash of a token that its holder made', async () => {
    const own = remember(newPrincipalToken(), 'principal');
    const body = { id: 'own', scopes: ['events:read'], token_sha256: sha256(own) };
    const answer = await admin.post(PRINCIPALS, body);
    expect([answer.status, answer.json.token]).toEqual([201, undefined]);
    expect((await ask(as(own), '/events/sse-token')).status).toBe(200);
    // One token is one principal.
    expect(await admin.post(PRINCIPALS, { ...body, id: 'thief' })).toMatchObject({
      status: 409,
      json: { code: 'principal_exists' },
    });
  });

  it('takes null for a field that is absent, when it is created and when it is rotated', async () => {
    const unset = { comment: null, expires_at: null, rate_limit: null, token_sha256: null };
    const token = await created(admin, { id: 'nulls', scopes: ['events:read'], ...unset });
    const { json } = await admin.api(`${PRINCIPALS}/nulls`);
    expect(json).toMatchObject({ comment: null, expires_at: null, rate_limit: null });
    expect((await ask(as(token), '/events/sse-token')).status).toBe(200);
    const answer = await ask(admin, `${PRINCIPALS}/nulls/rotate`, {
      grace_sec: null,
      token_sha256: null,
    });
    const next = remember(answer.json.token as string, 'principal');
    expect((await ask(as(next), '/events/sse-token')).status).toBe(200);
    expect(Date.parse(answer.json.previous_valid_until)).toBeGreaterThan(Date.now());
    await admin.api(`${PRINCIPALS}/nulls`, { method: 'DELETE' });
  });

  it('survives a restart', async () => {
    const token = await created(admin, { id: 'durable', scopes: ['events:read'] });
    await backend.close();
    backend = await startBackend(env);
    admin = backend.caller;
    expect((await ask(as(token), '/events/sse-token')).status).toBe(200);
  });

  it.each([
    ['an id that exists', { id: 'ana', scopes: [] }, 409, 'principal_exists'],
    ['an id of the configuration', { id: 'helper', scopes: [] }, 409, 'principal_exists'],
    ['an id that a URL drops', { id: '..', scopes: [] }, 400, 'invalid_request'],
    ['an id with a slash', { id: 'a/b', scopes: [] }, 400, 'invalid_request'],
    ['an id as the issuer gives them', { id: 'oidc:x', scopes: [] }, 400, 'invalid_request'],
    ['an unknown scope', { id: 'x', scopes: ['root'] }, 400, 'invalid_request'],
    ['no scopes', { id: 'x' }, 400, 'invalid_request'],
    ['a filter that narrows nothing', { id: 'x', scopes: [], filter: {} }, 400, 'invalid_request'],
    [
      'an end that is past',
      { id: 'x', scopes: [], expires_at: '2020-01-01T00:00:00Z' },
      400,
      'invalid_request',
    ],
    [
      'an end without a zone',
      { id: 'x', scopes: [], expires_at: '2099-01-01T00:00:00' },
      400,
      'invalid_request',
    ],
    [
      'a hash of another kind',
      { id: 'x', scopes: [], token_sha256: 'abc' },
      400,
      'invalid_request',
    ],
    ['a field of its own', { id: 'x', scopes: [], createdBy: 'me' }, 400, 'invalid_request'],
  ])('does not begin with %s', async (_, body, status, code) => {
    expect(await admin.post(PRINCIPALS, body)).toMatchObject({ status, json: { code } });
  });

  it('lists principals of the configuration too, in order', async () => {
    const { json } = await admin.api(PRINCIPALS);
    const ids = json.principals.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted());
    expect(ids).toEqual(expect.arrayContaining(['ana', 'bounded', 'helper', 'operator']));
    const from = (await admin.api(`${PRINCIPALS}?after=bounded`)).json.principals;
    expect(from[0].id > 'bounded').toBe(true);
  });

  it('goes on with a new token, the old one valid for its grace time and no longer', async () => {
    const old = await created(admin, { id: 'rotating', scopes: ['events:read'] });
    const stream = await as(old).stream();
    await stream.named('snapshot');
    const next = await rotated(admin, 'rotating', 1);
    expect((await ask(as(next), '/events/sse-token')).status).toBe(200);
    // Its right ended with its token.
    expect((await stream.named('goodbye')).data.reason).toBe('expired');
    expect((await ask(as(old), '/events/sse-token')).json).toMatchObject({
      code: 'invalid_token',
      detail: expect.stringContaining('expired'),
    });
    expect((await ask(as(next), '/events/sse-token')).status).toBe(200);
    const again = await rotated(admin, 'rotating', 0);
    expect((await ask(as(next), '/events/sse-token')).status).toBe(403);
    expect((await ask(as(again), '/events/sse-token')).status).toBe(200);
  });

  it('ends when it expires, its streams too', async () => {
    const expires = new Date(Date.now() + 1_500).toISOString();
    const token = await created(admin, {
      id: 'short',
      scopes: ['events:read'],
      expires_at: expires,
    });
    const unused = await as(token).issue();
    const stream = await as(token).stream();
    expect((await stream.named('goodbye')).data.reason).toBe('expired');
    expect((await ask(as(token), '/events/sse-token')).status).toBe(403);
    expect((await (await as(token).stream({ token: unused })).refusal()).code).toBe(
      'invalid_token',
    );
    expect((await admin.api(`${PRINCIPALS}/short`)).json.status).toBe('expired');
    // An administrator may extend it.
    await admin.api(`${PRINCIPALS}/short`, { method: 'PATCH', body: { expires_at: null } });
    expect((await ask(as(token), '/events/sse-token')).status).toBe(200);
  });

  it('goes on with its streams, tokens and sessions when its end is moved', async () => {
    const expires = Date.now() + 1_500;
    const token = await created(admin, {
      id: 'extended',
      scopes: ['events:read'],
      expires_at: new Date(expires).toISOString(),
    });
    const browser = new Browser(backend.url);
    await browser.signIn(token);
    const unused = await as(token).issue();
    const streams = [await as(token).stream(), await browser.caller.stream()];
    await admin.api(`${PRINCIPALS}/extended`, { method: 'PATCH', body: { expires_at: null } });
    await until(async () => Date.now() > expires + 1_500);
    await admin.publish(event({ type: 'after.the.end' }));
    for (const stream of streams) {
      await stream.ofType('after.the.end');
      await stream.close();
    }
    const late = await as(token).stream({ token: unused });
    await late.named('snapshot');
    await late.close();
    expect((await browser.refresh()).status).toBe(200);
  });

  it('expires at once when its end is set to now', async () => {
    const token = await created(admin, { id: 'ended', scopes: ['events:read'] });
    const stream = await as(token).stream();
    await stream.named('snapshot');
    const now = new Date().toISOString();
    await admin.api(`${PRINCIPALS}/ended`, { method: 'PATCH', body: { expires_at: now } });
    expect((await stream.named('goodbye')).data.reason).toBe('expired');
  });

  it('is interrupted by disable, whatever the token, and goes on after restore', async () => {
    const token = await created(admin, { id: 'paused', scopes: ['events:read'] });
    const [stream, unused] = [await as(token).stream(), await as(token).issue()];
    await stream.named('snapshot');
    expect(await admin.post(`${PRINCIPALS}/paused/disable`)).toMatchObject({
      status: 202,
      json: { streams: 1 },
    });
    expect((await stream.named('goodbye')).data.reason).toBe('revoked');
    expect((await ask(as(token), '/events/sse-token')).json.detail).toContain('disabled');
    expect((await (await as(token).stream({ token: unused })).refusal()).code).toBe(
      'invalid_token',
    );
    const next = await rotated(admin, 'paused', 0);
    expect((await ask(as(next), '/events/sse-token')).status).toBe(403);
    expect((await admin.post(`${PRINCIPALS}/paused/restore`)).status).toBe(202);
    expect((await ask(as(next), '/events/sse-token')).status).toBe(200);
  });

  it('disables and restores a principal of the configuration too, but does not change it', async () => {
    expect((await admin.post(`${PRINCIPALS}/helper/disable`)).status).toBe(202);
    expect((await ask(holder('helper'), '/events/sse-token')).status).toBe(403);
    expect((await admin.api(`${PRINCIPALS}/helper`)).json).toMatchObject({
      source: 'configured',
      status: 'disabled',
    });
    expect((await admin.post(`${PRINCIPALS}/helper/restore`)).status).toBe(202);
    expect((await ask(holder('helper'), '/events/sse-token')).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/rotate', {}],
      ['PATCH', '', { comment: 'x' }],
      ['DELETE', '', undefined],
    ] as const) {
      const answer = await admin.api(`${PRINCIPALS}/helper${path}`, {
        method,
        ...(body ? { body } : {}),
      });
      expect(answer).toMatchObject({ status: 409, json: { code: 'principal_configured' } });
    }
  });

  it('gives way to the configuration when that names its id too, or has named it since its end', async () => {
    const bounded = holder('bounded');
    const terms = { scopes: ['events:read'], filter: { module: ['shop'] } };
    const token = await created(bounded, { id: 'gateway', ...terms });
    await created(bounded, { id: 'tentaculo-link', ...terms });
    await bounded.api(`${PRINCIPALS}/tentaculo-link`, { method: 'DELETE' });
    await backend.close();
    const own = { gateway: newPrincipalToken(), link: newPrincipalToken() };
    backend = await startBackend({
      ...env,
      VX11_GATEWAY_TOKEN: own.gateway,
      VX11_TENTACULO_LINK_TOKEN: own.link,
    });
    expect(backend.log.join('')).toMatch(/"principals":\["gateway"\],"message":"the configuration/);
    const status = async (by: string) => (await ask(as(by), '/events/sse-token')).status;
    expect([await status(token), await status(own.gateway), await status(own.link)]).toEqual([
      403, 200, 200,
    ]);
    const path = `${PRINCIPALS}/gateway`;
    expect((await as(own.link).api(path)).json).toMatchObject({
      source: 'configured',
      created_by: null,
      filter: null,
      credentials: [{ status: 'active' }],
    });
    expect((await ask(as(own.link), `${path}/rotate`, {})).status).toBe(409);
    expect((await as(own.link).api(path, { method: 'DELETE' })).status).toBe(204);
    expect(await status(own.gateway)).toBe(200);
    await backend.close();
    backend = await startBackend(env);
    admin = backend.caller;
    expect([await status(token), (await admin.api(path)).status]).toEqual([403, 404]);
  });

  it('ends with delete, after which its id is free', async () => {
    const token = await created(admin, { id: 'gone', scopes: ['events:read'] });
    const stream = await as(token).stream();
    await stream.named('snapshot');
    expect((await admin.api(`${PRINCIPALS}/gone`, { method: 'DELETE' })).status).toBe(204);
    expect((await stream.named('goodbye')).data.reason).toBe('revoked');
    expect((await ask(as(token), '/events/sse-token')).status).toBe(403);
    expect((await admin.api(`${PRINCIPALS}/gone`)).status).toBe(404);
    const next = await created(admin, { id: 'gone', scopes: ['events:read'] });
    expect((await ask(as(next), '/events/sse-token')).status).toBe(200);
    expect((await ask(as(token), '/events/sse-token')).status).toBe(403);
  });

  it('is published as an event for each act, without a token', async () => {
    const watcher = await admin.stream({ query: '&type=vx11.security.principal_*' });
    await watcher.named('snapshot');
    await created(admin, { id: 'seen', scopes: [] });
    await rotated(admin, 'seen', 0);
    await admin.post(`${PRINCIPALS}/seen/disable`);
    await admin.api(`${PRINCIPALS}/seen`, { method: 'DELETE' });
    for (const act of ['created', 'rotated', 'disabled', 'deleted']) {
      const { data } = await watcher.ofType(`vx11.security.principal_${act}`);
      expect(data.data).toMatchObject({ principal_id: 'seen', by: 'operator' });
    }
    await watcher.close();
  });

  describe('an administrator', () => {
    it('gives nobody a scope that it lacks, neither by creating nor by changing', async () => {
      const helper = holder('helper');
      const body = { id: 'auditor', scopes: ['audit:read'] };
      expect(await helper.post(PRINCIPALS, body)).toMatchObject({
        status: 403,
        json: { code: 'insufficient_scope' },
      });
      await created(helper, { id: 'reader', scopes: ['events:read'] });
      const change = { method: 'PATCH', body: { scopes: ['events:read', 'audit:read'] } };
      expect((await helper.api(`${PRINCIPALS}/reader`, change)).status).toBe(403);
      expect((await admin.api(`${PRINCIPALS}/reader`)).json.scopes).toEqual(['events:read']);
    });

    it('does not take over a principal that may do more, by giving it a new token', async () => {
      await created(admin, { id: 'auditor', scopes: ['audit:read'] });
      expect((await holder('helper').post(`${PRINCIPALS}/auditor/rotate`)).status).toBe(403);
    });

    it('with a filter sees, creates and changes only inside it', async () => {
      const bounded = holder('bounded');
      await created(admin, {
        id: 'outside',
        scopes: ['events:read'],
        filter: { module: ['bank'] },
      });
      await created(bounded, {
        id: 'inside',
        scopes: ['events:read'],
        filter: { module: ['shop'] },
      });
      const { json } = await bounded.api(PRINCIPALS);
      expect(json.principals.map(({ id }: { id: string }) => id)).toEqual(['bounded', 'inside']);
      const unknown = await bounded.api(`${PRINCIPALS}/nobody`);
      for (const [method, path] of [
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', '/rotate'],
        ['POST', '/disable'],
        ['POST', '/revoke'],
        ['POST', '/restore'],
      ] as const) {
        const answer = await bounded.api(`${PRINCIPALS}/outside${path}`, { method });
        expect([method, path, answer.status]).toEqual([method, path, 404]);
        expect(answer.json.detail).toBe(unknown.json.detail);
      }
      for (const filter of [undefined, { module: ['bank'] }, { module: ['shop', 'bank'] }]) {
        const body = { id: 'wider', scopes: ['events:read'], ...(filter ? { filter } : {}) };
        expect((await bounded.post(PRINCIPALS, body)).status).toBe(403);
        const change = { method: 'PATCH', body: { filter: filter ?? null } };
        expect((await bounded.api(`${PRINCIPALS}/inside`, change)).status).toBe(403);
      }
    });

    it.each([
      ['POST', '/revoke?confirm=yes'],
      ['POST', '/disable?confirm=last_administrator&confirm=last_administrator'],
      ['DELETE', '?confirm='],
    ] as const)('that sends another confirmation changes nothing (%s %s)', async (method, path) => {
      await created(admin, { id: 'stays', scopes: ['events:read'] });
      const answer = await admin.api(`${PRINCIPALS}/stays${path}`, { method });
      expect([answer.status, answer.json.code]).toEqual([400, 'invalid_query']);
      expect((await admin.api(`${PRINCIPALS}/stays`)).json.status).toBe('active');
      await admin.api(`${PRINCIPALS}/stays`, { method: 'DELETE' });
    });

    it('that is the last one does not lock everybody out without confirmation', async () => {
      const ownDir = newDataDir();
      const alone = await startBackend({ VX11_DATA_DIR: ownDir });
      const boss = await created(alone.caller, {
        id: 'boss',
        scopes: ['events:read', 'streams:admin'],
      });
      expect((await alone.caller.post(`${PRINCIPALS}/operator/disable`)).status).toBe(202);
      const last = new Caller(alone.url, boss);
      for (const [method, path, body] of [
        ['POST', '/disable', undefined],
        ['POST', '/revoke', undefined],
        ['DELETE', '', undefined],
        ['PATCH', '', { scopes: ['events:read'] }],
        ['PATCH', '', { expires_at: '2020-01-01T00:00:00Z' }],
      ] as const) {
        const answer = await last.api(`${PRINCIPALS}/boss${path}`, {
          method,
          ...(body ? { body } : {}),
        });
        expect(answer).toMatchObject({ status: 409, json: { code: 'last_administrator' } });
      }
      const path = `${PRINCIPALS}/boss/disable?confirm=last_administrator`;
      expect((await last.post(path)).status).toBe(202);
      await alone.close();
      rmSync(ownDir, { recursive: true, force: true });
    });
  });
});

describe('10,000 managed principals', () => {
  it('are all there are; one more is too_many_principals until one is deleted', async () => {
    const dataDir = newDataDir();
    const records = Array.from({ length: 10_000 }, (_, n) => ({
      id: `p${n}`,
      at: 1,
      disabled: false,
      managed: {
        scopes: ['events:read'],
        createdBy: 'operator',
        createdAt: 1,
        credentials: [{ hash: sha256(String(n)), createdAt: 1 }],
      },
    }));
    writeFileSync(join(dataDir, 'managed-principals.json'), JSON.stringify(records));
    const backend = await startBackend({ VX11_DATA_DIR: dataDir });
    const body = { id: 'one-more', scopes: [] };
    expect(await backend.caller.post(PRINCIPALS, body)).toMatchObject({
      status: 409,
      json: { code: 'too_many_principals' },
    });
    const { json } = await backend.caller.api(PRINCIPALS);
    expect([json.principals.length, json.total, typeof json.next]).toEqual([
      1_000,
      10_001,
      'string',
    ]);
    const found = (await backend.caller.api(`${PRINCIPALS}?q=P9999`)).json;
    expect(found.principals.map(({ id }: { id: string }) => id)).toEqual(['p9999']);
    expect(found).toMatchObject({ total: 10_001, matching: 1, next: null });
    const managed = (await backend.caller.api(`${PRINCIPALS}?q=managed&after=p9990`)).json;
    expect(managed.principals).toHaveLength(9);
    expect(managed).toMatchObject({ matching: 10_000, next: null });
    const long = await backend.caller.api(`${PRINCIPALS}?q=${'x'.repeat(257)}`);
    expect(long).toMatchObject({ status: 400, json: { code: 'invalid_query' } });
    await backend.caller.api(`${PRINCIPALS}/p7`, { method: 'DELETE' });
    await created(backend.caller, body);
    await backend.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});

describe('a managed principal on two instances with a gateway', () => {
  let redis: RedisUnderTest;
  let instances: TestBackend[];
  let gateway: TestGateway;
  let neighbour: Service;

  beforeAll(async () => {
    redis = await RedisUnderTest.start('standalone');
    const env = { ...redis.env, VX11_OPERATOR_TOKEN: newPrincipalToken() };
    instances = [await startBackend(env), await startBackend(env)];
    neighbour = await startService();
    gateway = await startGateway({
      VX11_BACKEND_URLS: instances.map(({ url }) => url).join(','),
      VX11_MADRE_URL: neighbour.url,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await neighbour.close();
    await Promise.all(instances.map((instance) => instance.close()));
    await redis.stop();
  });

  it('is known everywhere without a restart, and refused everywhere once it is disabled', async () => {
    const [one, other] = instances as [TestBackend, TestBackend];
    const token = await created(one.caller, { id: 'ana', scopes: ['events:read'] });
    const admitted = async () => [
      (await ask(new Caller(one.url, token), '/events/sse-token')).status,
      (await ask(new Caller(other.url, token), '/events/sse-token')).status,
      (await request(gateway.url, '/madre/hello', { headers: { 'x-vx11-token': token } })).status,
    ];
    const all = async (expected: number) =>
      until(async () => (await admitted()).every((got) => got === expected));
    await all(200);
    const stream = await new Caller(other.url, token).stream();
    await stream.named('snapshot');
    await one.caller.post(`${PRINCIPALS}/ana/disable`);
    expect((await stream.named('goodbye')).data.reason).toBe('revoked');
    await all(403);
    await other.caller.post(`${PRINCIPALS}/ana/restore`);
    await all(200);
    const next = await rotated(other.caller, 'ana', 0);
    await all(403);
    expect((await ask(new Caller(one.url, next), '/events/sse-token')).status).toBe(200);
  });

  describe('when the answer of Redis to a decision is lost', () => {
    /** Redis carries the next change of a principal out, and its answer does not arrive. */
    function loseAnswer(): void {
      const run = RedisClient.prototype.run;
      const spy = jest.spyOn(RedisClient.prototype, 'run');
      spy.mockImplementation(async function (this: RedisClient, ...call) {
        const answer = await run.apply(this, call);
        if (!call[1][0]?.endsWith(':principals')) return answer;
        spy.mockRestore();
        throw new RedisUnavailable(true, new Error('no answer'));
      });
    }
    const acts = async (by: Caller, id: string) => {
      const { json } = await by.api(`/audit?subject=${id}`);
      return (json.entries as { action: string; reason?: string }[]).map(
        ({ action, reason }) => `${action} ${reason ?? ''}`,
      );
    };

    it('a deletion is in effect at the second request, and both say so', async () => {
      const [{ caller }] = instances as [TestBackend];
      const token = await created(caller, { id: 'bob', scopes: ['events:read'] });
      const remove = () => caller.api(`${PRINCIPALS}/bob`, { method: 'DELETE' });
      loseAnswer();
      expect(await remove()).toMatchObject({
        status: 503,
        json: { code: 'token_store_unavailable' },
      });
      expect(await remove()).toMatchObject({ status: 404, json: { code: 'not_found' } });
      const holder = new Caller(caller.url, token);
      expect((await ask(holder, '/events/sse-token')).json.code).toBe('invalid_token');
      expect(await acts(caller, 'bob')).toContain('principal.deleted token_store_unavailable');
    });

    it('a principal that may have been created is in the audit trail', async () => {
      const [{ caller }] = instances as [TestBackend];
      const create = () => ask(caller, PRINCIPALS, { id: 'eve', scopes: ['events:read'] });
      loseAnswer();
      expect((await create()).status).toBe(503);
      expect(await create()).toMatchObject({ status: 409, json: { code: 'principal_exists' } });
      expect(await acts(caller, 'eve')).toEqual([
        'principal.created principal_exists',
        'principal.created ',
        'principal.created token_store_unavailable',
        'principal.created ',
      ]);
    });
  });
});

itLeaksNoToken();
