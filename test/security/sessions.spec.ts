/**
 * Sessions under attack: fixation, stolen refresh tokens, requests from other sites.
 * @needs redis-server
 */
import { rmSync } from 'node:fs';
import { RedisSessionStore } from '../../src/auth/identity/session-store.redis.js';
import { ProblemError } from '../../src/kernel/problem.js';
import {
  newDataDir,
  newPrincipalToken,
  startBackend,
  type TestBackend,
} from '../support/backend.js';
import { Caller } from '../support/caller.js';
import { ask } from '../support/http.js';
import { RedisUnderTest } from '../support/redis-under-test.js';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { Browser } from '../support/session.js';
import type { StreamReader } from '../support/stream-reader.js';

const REFRESH = '/operator/api/session/refresh';

async function live(by: Caller): Promise<StreamReader> {
  const reader = await by.stream();
  await reader.named('snapshot');
  return reader;
}

const status = async (by: Caller) => (await by.api('/session')).status;

describe('a session', () => {
  let backend: TestBackend;
  let principal: string;
  const browser = (headers?: Record<string, string>) => new Browser(backend.url, headers);
  const signedIn = async () => {
    const one = browser();
    expect((await one.signIn(principal)).status).toBe(200);
    return one;
  };

  beforeAll(async () => {
    principal = remember(newPrincipalToken(), 'principal');
    backend = await startBackend({
      VX11_GATEWAY_TOKEN: principal,
      // A proxy on this machine says which protocol the browser used.
      VX11_TRUSTED_PROXIES: 'loopback',
    });
  });
  afterAll(() => backend.close());

  it('begins with a principal token, and lasts 15 minutes in memory and longer in the cookie', async () => {
    const one = browser();
    const answer = await one.signIn(principal);
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^vx11s_[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in_sec: 900,
      session: {
        id: expect.stringMatching(/^n_[0-9a-f]{32}$/),
        started_at: expect.any(String),
        expires_at: expect.any(String),
        principal_id: 'gateway',
        scopes: ['events:read', 'events:publish', 'streams:admin', 'audit:read'],
        filter: null,
      },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(one.attributes).toEqual(
      expect.arrayContaining([
        'Path=/operator/api/session',
        'Secure',
        'HttpOnly',
        'SameSite=Strict',
      ]),
    );
    expect(await status(one.caller)).toBe(200);
    await (await live(one.caller)).close();
  });

  it.each([
    ['no credential', '', 401, 'auth_required'],
    ['a wrong token', 'w'.repeat(32), 403, 'invalid_token'],
  ])('does not begin with %s, and sets no cookie', async (_, token, code, problem) => {
    const one = browser();
    const answer = await one.signIn(token, token === '' ? { authorization: undefined } : {});
    expect([answer.status, answer.json.code]).toEqual([code, problem]);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('does not begin with the token of another session: a stolen one would never end', async () => {
    const one = await signedIn();
    const answer = await browser().signIn(one.accessToken);
    expect([answer.status, answer.json.code]).toEqual([403, 'insufficient_scope']);
  });

  it('goes on with each refresh, with other tokens each time', async () => {
    const one = await signedIn();
    const seen = new Set<string | undefined>([one.cookie, one.accessToken]);
    for (let round = 0; round < 3; round += 1) {
      expect((await one.refresh()).status).toBe(200);
      seen.add(one.cookie).add(one.accessToken);
      expect(await status(one.caller)).toBe(200);
    }
    expect(seen.size).toBe(8);
  });

  it('keeps the access tokens of its other tabs valid', async () => {
    const one = await signedIn();
    const tab = one.copy();
    // Two for each of 30 tabs: a tab replaces its own before it ends.
    for (let count = 0; count < 60; count += 1) await one.refresh();
    expect(await status(tab.caller)).toBe(200);
    expect(await status(one.caller)).toBe(200);
  });

  it('opens no stream with its access token in a URL', async () => {
    const one = await signedIn();
    const reader = await one.caller.stream({ token: one.accessToken });
    expect((await reader.refusal()).code).toBe('invalid_token');
  });

  it('survives a restart of the embedded instance', async () => {
    const dataDir = newDataDir();
    const env = { VX11_DATA_DIR: dataDir, VX11_GATEWAY_TOKEN: principal };
    const first = await startBackend(env);
    const one = new Browser(first.url);
    await one.signIn(principal);
    await first.close();
    const second = await startBackend(env);
    const again = new Browser(second.url);
    again.cookie = one.cookie;
    expect((await again.refresh()).status).toBe(200);
    await second.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  describe('ends', () => {
    it('when a replaced refresh token is presented: for the thief and the victim alike', async () => {
      const watcher = await backend.caller.stream({ query: '&type=vx11.security.*' });
      await watcher.named('snapshot');
      const [victim, bystander] = [await signedIn(), await signedIn()];
      const [stream, other] = [await live(victim.caller), await live(bystander.caller)];
      const unused = await victim.caller.issue();
      const thief = victim.copy();
      await victim.refresh();
      const theft = await thief.refresh();
      expect([theft.status, theft.json.code]).toEqual([403, 'refresh_reused']);
      expect(theft.headers['set-cookie']?.[0]).toContain('Max-Age=0');
      expect((await stream.named('goodbye')).data.reason).toBe('revoked');
      expect((await watcher.ofType('vx11.security.refresh_reused')).data.data).toMatchObject({
        principal_id: 'gateway',
      });
      expect((await victim.refresh()).json.code).toBe('invalid_token');
      expect(await status(victim.caller)).toBe(403);
      expect((await (await backend.caller.stream({ token: unused })).refusal()).code).toBe(
        'invalid_token',
      );
      expect(await status(bystander.caller)).toBe(200);
      await Promise.all([other.close(), watcher.close()]);
    });

    it('for exactly all but one of ten refreshes at the same time', async () => {
      const one = await signedIn();
      const answers = await Promise.all(Array.from({ length: 10 }, () => one.copy().refresh()));
      expect(answers.filter((answer) => answer.status === 200).length).toBeLessThanOrEqual(1);
      expect((await one.refresh()).status).toBe(403);
    });

    it('with sign-out: its tokens, its cookie and its streams, and no others', async () => {
      const [one, other] = [await signedIn(), await signedIn()];
      const [stream, kept] = [await live(one.caller), await live(other.caller)];
      const before = one.copy();
      expect((await one.signOut()).status).toBe(204);
      expect(one.cookie).toBeUndefined();
      expect((await stream.named('goodbye')).data.reason).toBe('revoked');
      expect(await status(before.caller)).toBe(403);
      expect((await before.refresh()).json.code).toBe('invalid_token');
      expect(await status(other.caller)).toBe(200);
      await kept.close();
    });

    it('with sign-out everywhere, on every device', async () => {
      const [one, other] = [await signedIn(), await signedIn()];
      const [mine, theirs] = [await live(one.caller), await live(other.caller)];
      const machine = await live(new Caller(backend.url, principal));
      const answer = await one.caller.api('/session/all', { method: 'DELETE' });
      expect(answer.json.sessions).toBeGreaterThanOrEqual(2);
      for (const stream of [mine, theirs]) {
        expect((await stream.named('goodbye')).data.reason).toBe('revoked');
      }
      expect((await other.refresh()).status).toBe(403);
      // A stream of the principal token itself belongs to no session.
      await machine.close();
    });

    it('when its principal is revoked', async () => {
      const one = await signedIn();
      const stream = await live(one.caller);
      await backend.caller.post('/principals/gateway/revoke');
      expect((await stream.named('goodbye')).data.reason).toBe('revoked');
      expect((await one.caller.api('/session')).json.code).toBe('invalid_token');
      expect((await one.refresh()).status).toBe(403);
      await backend.caller.post('/principals/gateway/restore');
    });
  });

  describe('cannot be fixed by an attacker', () => {
    it('who plants a cookie before the victim signs in: the victim gets another one', async () => {
      const attacker = await signedIn();
      const victim = browser();
      victim.cookie = attacker.cookie;
      await victim.signIn(principal);
      expect(victim.cookie).not.toBe(attacker.cookie);
      // And the planted session is over.
      expect((await attacker.refresh()).status).toBe(403);
      expect((await victim.refresh()).status).toBe(200);
    });

    it('who plants cookies of its own session from another host of the site, over HTTPS', async () => {
      const https = { 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' };
      const [victim, attacker] = [browser(https), browser(https)];
      for (const one of [victim, attacker]) await one.signIn(principal);
      // Browsers take this prefix from the host itself alone, and only with this path.
      expect(victim.cookie).toMatch(/^__Host-vx11-session=/);
      expect(victim.attributes).toEqual(expect.arrayContaining(['Path=/', 'Secure', 'HttpOnly']));
      const stolen = attacker.cookie?.split('=')[1];
      const planted = `__Secure-vx11-session=${stolen}; vx11-session=${stolen}`;
      const cookie = `${planted}; ${victim.cookie}`;
      expect((await victim.refresh({ cookie })).status).toBe(200);
      const signedOut = browser(https);
      signedOut.cookie = planted;
      expect((await signedOut.refresh()).json.code).toBe('auth_required');
    });

    it('who plants a second cookie over HTTP: neither counts', async () => {
      const [victim, attacker] = [await signedIn(), await signedIn()];
      const cookie = `${attacker.cookie}; ${victim.cookie}`;
      const answer = await victim.copy().refresh({ cookie });
      expect([answer.status, answer.json.code]).toEqual([403, 'invalid_token']);
      expect((await victim.refresh()).status).toBe(200);
    });

    it.each([
      ['text', 'x'],
      ['a token of the right form', `vx11r_${'A'.repeat(65)}`],
      ['an access token', `vx11s_${'A'.repeat(43)}`],
      ['quotes and a path', '"; Path=/; x="'],
      ['kilobytes', 'A'.repeat(6_000)],
    ])('who makes a cookie up: %s', async (_, value) => {
      const one = browser();
      one.cookie = `vx11-session=${value}`;
      expect((await one.refresh()).status).toBe(403);
    });

    it('who knows the id of a session, and so cannot end it by a wrong token', async () => {
      const one = await signedIn();
      const id = (await one.caller.api('/session')).json.session_id as string;
      const forger = browser();
      forger.cookie = `vx11-session=vx11r_${id.slice(2, 24)}${'A'.repeat(43)}`;
      expect((await forger.refresh()).json.code).toBe('invalid_token');
      expect((await one.refresh()).status).toBe(200);
    });
  });

  describe('does nothing for a page of another site, whatever it sends', () => {
    const EVIL = 'https://evil.example';
    it.each<[string, Record<string, string>]>([
      ['Fetch Metadata of another site', { 'sec-fetch-site': 'cross-site' }],
      ['Fetch Metadata of another host of the site', { 'sec-fetch-site': 'same-site' }],
      ['Fetch Metadata of an address that was typed', { 'sec-fetch-site': 'none' }],
      ['another Origin', { origin: EVIL }],
      ['another Origin and JSON', { origin: EVIL, 'content-type': 'application/json' }],
      ['the Origin of a sandboxed page', { origin: 'null' }],
      ['an Origin that begins alike', { origin: 'http://127.0.0.1.evil.example' }],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['a form with text', { 'content-type': 'text/plain' }],
      ['nothing at all', {}],
    ])('%s', async (_, headers) => {
      const victim = await signedIn();
      const attack = new Browser(backend.url, {});
      attack.cookie = victim.cookie;
      for (const act of [() => attack.refresh(headers), () => attack.signOut(headers)]) {
        const answer = await act();
        expect([answer.status, answer.json.code]).toEqual([403, 'cross_site_request']);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
      // Nothing was used up: the victim's cookie is still the valid one.
      expect((await victim.refresh()).status).toBe(200);
    });

    it('and the cookie is no credential for any other route', async () => {
      const { cookie } = await signedIn();
      for (const path of ['/session', '/events', '/streams', '/principals', '/session/all']) {
        const method = path === '/session/all' ? 'DELETE' : 'GET';
        const { status: code } = await ask(backend.url, `/operator/api${path}`, {
          method,
          headers: { cookie, 'sec-fetch-site': 'same-origin' },
        });
        expect([path, code]).toEqual([path, 401]);
      }
    });

    it('while a client that is no browser sends JSON, and one of this origin its Origin', async () => {
      const one = await signedIn();
      const plain = new Browser(backend.url, { 'content-type': 'application/json' });
      plain.cookie = one.cookie;
      expect((await plain.refresh()).status).toBe(200);
      const old = new Browser(backend.url, { origin: backend.url });
      old.cookie = plain.cookie;
      expect((await old.refresh()).status).toBe(200);
    });
  });

  it('is not there without its cookie', async () => {
    const answer = await ask(backend.url, REFRESH, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect([answer.status, answer.json.code]).toEqual([401, 'auth_required']);
  });
});

describe('a session on two instances', () => {
  let redis: RedisUnderTest;
  let instances: TestBackend[];
  const principal = remember(newPrincipalToken(), 'principal');

  beforeAll(async () => {
    redis = await RedisUnderTest.start('standalone');
    const env = { ...redis.env, VX11_OPERATOR_TOKEN: principal };
    instances = [await startBackend(env), await startBackend(env)];
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await redis.stop();
  });

  it('is one: a theft that one of them notices ends its streams on the other', async () => {
    const [one, other] = instances as [TestBackend, TestBackend];
    const victim = new Browser(one.url);
    await victim.signIn(principal);
    const stream = await live(new Caller(other.url, victim.accessToken));
    const thief = victim.copy();
    await victim.refresh();
    const elsewhere = new Browser(other.url);
    elsewhere.cookie = thief.cookie;
    expect((await elsewhere.refresh()).json.code).toBe('refresh_reused');
    expect((await stream.named('goodbye')).data.reason).toBe('revoked');
    expect((await victim.refresh()).status).toBe(403);
    const again = new Browser(one.url);
    await again.signIn(principal);
    const seen = await live(new Caller(other.url, again.accessToken));
    await again.signOut();
    expect((await seen.named('goodbye')).data.reason).toBe('revoked');
  });

  describe('that Redis has ended, but not answered,', () => {
    const unanswered = () => {
      const end = RedisSessionStore.prototype.end;
      jest.spyOn(RedisSessionStore.prototype, 'end').mockImplementationOnce(async function (
        this: RedisSessionStore,
        id: string,
      ) {
        await end.call(this, id);
        throw new ProblemError('token_store_unavailable', 'No answer.', { retryAfterSec: 1 });
      });
    };

    it.each([
      ['by a sign-out', 'session.signed_out', (one: Browser) => one.signOut()],
      [
        'by a sign-out everywhere',
        'session.signed_out',
        (one: Browser) => one.caller.api('/session/all', { method: 'DELETE' }),
      ],
      ['by a theft', 'session.reused', (one: Browser) => one.refresh()],
    ])('%s, leaves no stream on any instance, and is recorded', async (_, action, end) => {
      const [one, other] = instances as [TestBackend, TestBackend];
      const browser = new Browser(one.url);
      await browser.signIn(principal);
      const before = browser.copy();
      await browser.refresh();
      const { session_id: id } = (await browser.caller.api('/session')).json;
      const streams = [
        await live(browser.caller),
        await live(new Caller(other.url, browser.accessToken)),
      ];
      unanswered();
      expect((await end(before)).status).toBe(503);
      for (const stream of streams) {
        expect((await stream.named('goodbye')).data.reason).toBe('revoked');
      }
      const { json } = await one.caller.api(`/audit?action=${action}&subject=${id}`);
      expect(json.entries).toHaveLength(1);
    });
  });
});

itLeaksNoToken();
