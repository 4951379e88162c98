/**
 * Signing in and out of the panel, and where its token does not go.
 * @needs chromium
 */
import type { Browser } from 'playwright-core';
import { event } from '../support/caller.js';
import { newPrincipalToken } from '../support/backend.js';
import { eventually } from '../support/eventually.js';
import { ask } from '../support/http.js';
import { itLeaksNoToken, remember, witness } from '../support/secrets.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { launchChromium } from '../support/process/chromium.ts';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

jest.setTimeout(120_000);

let stack: Stack;
let browser: Browser;
let operator: Operator;

/** Principals that can be revoked without revoking the test's own. */
const others = { gateway: newPrincipalToken(), 'tentaculo-link': newPrincipalToken() };

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startStack({
      // In production there are no one-time links.
      NODE_ENV: 'test',
      VX11_GATEWAY_TOKEN: remember(others.gateway, 'principal'),
      VX11_TENTACULO_LINK_TOKEN: remember(others['tentaculo-link'], 'principal'),
    }),
    launchChromium(),
  ]);
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterAll(async () => {
  await operator.closeBrowser();
  await browser.close();
  await stack.stop();
});

afterEach(() => operator.forget());

/** The token of a new principal with these scopes. */
async function principalWith(...scopes: string[]): Promise<string> {
  const id = `only-${scopes.join('-').replaceAll(':', '-')}`;
  const { json } = await stack.caller.api('/principals', {
    method: 'POST',
    body: { id, scopes },
    issuing: true,
  });
  return remember(String(json.token), 'principal');
}

/** Everything that the page keeps, shows or remembers. */
const TRACES = `(async () => JSON.stringify([
  await indexedDB.databases(), await caches.keys(), await navigator.locks.query(),
  Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href,
  history.state, document.documentElement.outerHTML,
  [...document.querySelectorAll('input')].map((input) => input.value),
  performance.getEntriesByType('resource').map(({ name }) => name),
]))()`;

describe('a principal that may not read events', () => {
  it('signs in, begins at the page that it may see, and sends nothing that is refused', async () => {
    const auditor = await Operator.at(browser, stack.url, await principalWith('audit:read'));
    const refused: string[] = [];
    auditor.page.on('response', (answer) => {
      if (answer.status() === 403) refused.push(answer.url());
    });
    await auditor.open();
    await expectSeen(auditor.page.getByRole('cell', { name: 'session.signed_in' }));
    for (const [page, words] of [
      ['Events', 'may not read events: it lacks the scope events:read'],
      ['Overview', 'may not see the overview: it lacks the scope events:read'],
      ['Streams', 'may not see the streams: it lacks the scope streams:admin'],
      ['Principals', 'may not see the principals: it lacks the scope streams:admin'],
    ] as const) {
      await auditor.page.getByRole('link', { name: page }).click();
      await expectSeen(auditor.page.getByText(words));
    }
    await auditor.page.reload();
    await auditor.page.getByRole('link', { name: 'Audit' }).click();
    await expectSeen(auditor.page.getByRole('cell', { name: 'session.signed_in' }));
    expect(refused).toEqual([]);
    await auditor.closeBrowser();
  });

  it('nor anything else of the panel is told what it lacks, and has no session', async () => {
    const publisher = await Operator.at(browser, stack.url, await principalWith('events:publish'));
    await publisher.visit();
    await publisher.page.getByLabel('Principal token').fill(publisher.token);
    await publisher.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expectSeen(publisher.page.getByText('The panel shows nothing to this principal'));
    expect(await publisher.page.context().cookies()).toEqual([]);
    await publisher.closeBrowser();
  });
});

describe('signing in', () => {
  it('needs one paste into a field that has the focus, and shows live events', async () => {
    await operator.visit();
    await operator.page.locator('#principal-token:focus').waitFor();
    await operator.page.keyboard.insertText(stack.caller.token);
    await operator.page.keyboard.press('Enter');
    await operator.isLive();
    await stack.caller.publish(event({ data: { summary: 'first sight' } }));
    await expectSeen(operator.rows('first sight'));
    await operator.page.getByRole('button', { name: /^Live/ }).click();
    const facts = operator.page.getByRole('group', { name: 'Stream' });
    await expectSeen(facts.getByText(/^ephemeral token, fetched \d\d:\d\d:\d\d/));
  });

  it('needs no typing with a one-time link, which leaves the address and works once', async () => {
    const { json } = await stack.caller.post('/sign-in-codes');
    const link = `#code=${String(json.code)}`;
    await operator.visit(link);
    await operator.isLive();
    expect(operator.page.url()).not.toContain('code');
    const elsewhere = await Operator.at(browser, stack.url, stack.caller.token);
    await elsewhere.visit(link);
    await expectSeen(elsewhere.page.getByText('This link was used already'));
    await elsewhere.closeBrowser();
    // An old link does not end a session.
    await operator.visit(link);
    await operator.isLive();
  });

  it('says why a token is refused, and lets the operator try again', async () => {
    await operator.visit();
    const field = operator.page.getByLabel('Principal token');
    await field.fill('not-a-token-of-ours');
    await field.press('Enter');
    const alert = operator.page.getByRole('alert');
    await alert.filter({ hasText: /token/i }).waitFor();
    await operator.signIn();
    await expectSeen(operator.page.getByRole('button', { name: /^Live/ }));
  });

  it('refuses text that cannot be a token, without a request', async () => {
    await operator.visit();
    const field = operator.page.getByLabel('Principal token');
    await field.fill('two words');
    await field.press('Enter');
    await expectSeen(operator.page.getByText('no spaces'));
  });

  it('leads to the page that the address names', async () => {
    await operator.open('#/streams');
    await expectSeen(operator.page.getByRole('heading', { name: 'Streams' }));
  });
});

describe('a browser whose storage', () => {
  it('is full signs in', async () => {
    await operator.visit();
    await operator.page.evaluate(`{
      for (let size = 2 ** 20; size >= 1; )
        try { localStorage.setItem('other ' + localStorage.length, 'x'.repeat(size)); }
        catch { size = Math.floor(size / 2); }
    }`);
    await operator.signIn();
    await expectSeen(operator.page.getByRole('button', { name: /^Live/ }));
  });

  it('is denied is told what to allow', async () => {
    const refused = await Operator.at(browser, stack.url, stack.caller.token);
    // As with all cookies blocked (Chromium): no storage, and no locks.
    await refused.page.addInitScript(`{
      const deny = () => { throw new DOMException('Access is denied.', 'SecurityError'); };
      Object.defineProperty(globalThis, 'localStorage', { get: deny });
      navigator.locks.request = async () => deny();
    }`);
    await refused.visit();
    await refused.page.getByLabel('Principal token').fill(refused.token);
    await refused.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expectSeen(refused.page.getByText('Allow them for this site'));
    await refused.page.context().close();
  });
});

describe('the principal token', () => {
  it('is in no storage, history, document, address or log', async () => {
    await operator.open();
    await operator.isLive();
    await operator.page.getByRole('link', { name: 'Overview' }).click();
    await operator.page.getByRole('link', { name: 'Events' }).click();
    witness('the page', String(await operator.page.evaluate(TRACES)));
    const profile = await operator.page.context().storageState();
    witness('the profile', JSON.stringify(profile));
    // The cookie that binds an ephemeral token to this browser is no credential by itself.
    const isBinding = ({ name, httpOnly }: { name: string; httpOnly: boolean }) =>
      httpOnly && /^(?:__Host-)?vx11-stream-/.test(name);
    expect(profile.cookies.filter((cookie) => !isBinding(cookie))).toEqual([
      expect.objectContaining({
        name: 'vx11-session',
        path: '/operator/api/session',
        httpOnly: true,
        secure: true,
        sameSite: 'Strict',
      }),
    ]);
  });
});

describe('a session', () => {
  it('lasts over a reload and in a second tab, and shares one stream', async () => {
    await operator.open();
    await operator.isLive();
    await operator.page.reload();
    await operator.isLive();
    const other = await operator.newTab();
    await other.visit();
    await other.isLive();
    expect(await stack.caller.streams(1)).toHaveLength(1);
    // Each tab used a refresh token; the server took none for a stolen one.
    await operator.page.reload();
    await other.page.reload();
    await Promise.all([operator.isLive(), other.isLive()]);
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    await operator.page.getByText('Signed out in another tab').waitFor();
    await operator.page.reload();
    await expectSeen(operator.page.getByRole('button', { name: 'Sign in' }));
  });

  it.each([429, 503])(
    'goes on when the server could not refresh it for a while: %s',
    async (status) => {
      await operator.open();
      await operator.isLive();
      const { page } = operator;
      const code = { 429: 'rate_limited', 503: 'token_store_unavailable' }[status];
      await page.route('**/session/refresh', (route) =>
        route.fulfill({ status, json: { code, detail: 'Not now.' } }),
      );
      // Noticed by a request.
      await page.route('**/operator/api/audit*', (route) =>
        route.fulfill({ status: 401, json: { code: 'auth_required' } }),
      );
      await page.getByRole('link', { name: 'Audit' }).click();
      await expectSeen(page.getByText('Not now.'));
      await operator.isLive();
      // Noticed at the start of a page.
      await page.reload();
      await expectSeen(page.getByText('Not now. The panel tries again every few seconds.'));
      await page.unrouteAll();
      await operator.isLive();
    },
  );

  it('that ends everywhere ends in other browsers, and says so', async () => {
    await operator.open();
    await operator.isLive();
    const elsewhere = await Operator.at(browser, stack.url, stack.caller.token);
    await elsewhere.open();
    await elsewhere.isLive();
    await elsewhere.page.keyboard.press('Control+K');
    await elsewhere.page.keyboard.insertText('Sign out everywhere');
    await elsewhere.page.keyboard.press('Enter');
    await expectSeen(elsewhere.page.getByRole('button', { name: 'Sign in' }));
    await expectSeen(operator.page.getByText('This session has ended.'));
    await elsewhere.closeBrowser();
  });
});

describe('a browser', () => {
  // The outages spec has browsers without a SharedWorker at all.
  it('that cannot load the shared worker is live all the same, and its tabs share one stream', async () => {
    const script = `globalThis.SharedWorker = class extends SharedWorker {
      constructor(url, options) { super(new URL('missing.js', url), options); }
    }`;
    const other = await Operator.at(browser, stack.url, stack.caller.token);
    await other.page.context().addInitScript(script);
    await other.open();
    await other.isLive();
    const tab = await other.newTab();
    await tab.visit();
    await tab.isLive();
    expect(await stack.caller.streams(1)).toHaveLength(1);
    await stack.caller.publish(
      event({ type: 'test.no-worker', data: { summary: 'reaches both' } }),
    );
    await Promise.all([other.shows('reaches both'), tab.shows('reaches both')]);
    await other.closeBrowser();
  });
});

describe('the next operator in the same tab', () => {
  const summary = 'for the eyes of the first';
  /** Signs in as somebody who may read the module `seen` only. */
  const signInAsReader = async (id: string): Promise<void> => {
    const { json } = await stack.caller.api('/principals', {
      method: 'POST',
      body: { id, scopes: ['events:read'], filter: { module: ['seen'] } },
      issuing: true,
    });
    await operator.page.getByLabel('Principal token').fill(remember(json.token, 'principal'));
    await operator.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await operator.isLive();
  };
  const signOut = () => operator.page.getByRole('button', { name: 'Sign out' }).click();

  it('sees no event that was still on its way to the one before', async () => {
    await stack.caller.publish(event({ type: 'secret', module: 'secret', data: { summary } }));
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await operator.page.route(/\/events\?limit=500&.*type=secret/, async (route) => {
      const response = await route.fetch();
      await answered;
      await route.fulfill({ response }).catch(() => undefined);
    });
    const [asked] = await Promise.all([
      operator.page.waitForRequest(/\/events\?limit=500&.*type=secret/),
      operator.open('#/events?is=type:secret'),
    ]);
    await signOut();
    await signInAsReader('reader-of-pages');
    answer();
    expect(await asked.response().catch(() => null)).toBeNull();
    await stack.caller.publish(
      event({ type: 'secret', module: 'seen', data: { summary: 'mine' } }),
    );
    await operator.shows('mine');
    expect(await operator.rows(summary).count()).toBe(0);
  });

  it('sees no event that a regular expression was still looking at', async () => {
    await operator.page.addInitScript(`globalThis.Worker = class extends Worker {
      postMessage(request) {
        super.postMessage(request);
        globalThis.isAsked = 'late' in globalThis;
      }
      set onmessage(take) {
        super.onmessage = async (message) => {
          await globalThis.late;
          take(message);
        };
      }
    }`);
    await operator.open('#/events?re=1&q=ey.s&group=0');
    await operator.page.getByRole('button', { name: 'Run it' }).click();
    await operator.isLive();
    await operator.page.evaluate('void (late = new Promise((resolve) => (answer = resolve)))');
    await stack.caller.publish(event({ type: 'secret', module: 'secret', data: { summary } }));
    await eventually(() => operator.page.evaluate('globalThis.isAsked'), Boolean);
    await signOut();
    await signInAsReader('reader-of-matches');
    await operator.page.evaluate('answer()');
    await stack.caller.publish(event({ module: 'seen', data: { summary: 'my own eyes' } }));
    await operator.shows('my own eyes');
    expect(await operator.rows(summary).count()).toBe(0);
  });

  it('sees the events of the log, not that there are none', async () => {
    await stack.caller.publish(event({ type: 'of-the-log', data: { summary: 'found twice' } }));
    // More than a new stream brings.
    await stack.caller.publishMany('others', 300);
    await operator.open('#/events?is=type:of-the-log');
    await operator.page.getByText('The log begins here.').waitFor();
    await signOut();
    await operator.signIn();
    await expectSeen(operator.rows('found twice'));
  });
});

describe('a stream that was ended', () => {
  it('is opened once, although Connect is pressed twice', async () => {
    await operator.open('#/events?is=type:test.twice&group=0');
    await operator.isLive();
    for (const id of await stack.caller.streams(1))
      await stack.caller.api(`/streams/${id}`, { method: 'DELETE' });
    await operator.page.getByRole('button', { name: 'Connect', exact: true }).waitFor();
    await operator.page.evaluate(`
      for (const button of document.querySelectorAll('.connection > button'))
        if (button.textContent === 'Connect') { button.click(); button.click(); }
    `);
    await operator.isLive();
    await stack.caller.publish(
      ...[1, 2].map((number) =>
        event({ type: 'test.twice', module: `m${number}`, data: { summary: `once ${number}` } }),
      ),
    );
    await operator.shows('once 2');
    expect(await operator.summaries('once')).toEqual(['once 2', 'once 1']);
  });
});

describe('a second operator who signs in in another tab', () => {
  it('does not take over the first tab: it says who signed in, and a reload goes on as that one', async () => {
    const other = await operator.newTab();
    await operator.visit('#/principals');
    await other.visit('#/principals');
    await operator.signIn();
    await operator.isLive();
    await other.page.getByLabel('Principal token').fill(others.gateway);
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.isLive();
    // The access token of the first tab is used up.
    await operator.page.evaluate('Date.now = ((now) => () => now() + 14 * 60_000)(Date.now)');
    await expectSeen(operator.page.getByText('gateway signed in in another tab of this browser.'));
    await operator.page.reload();
    await expectSeen(operator.page.getByRole('rowheader', { name: 'gateway this is you' }));
    await other.page.reload();
    await expectSeen(other.page.getByRole('rowheader', { name: 'gateway this is you' }));
  });
});

describe('a note that is not sent yet', () => {
  it('survives a session that ends by itself, and is nobody else’s', async () => {
    await stack.caller.publish(event({ type: 'test.draft', data: { summary: 'noted' } }));
    const field = operator.page.getByLabel('Note for all operators');
    await operator.open('#/events?is=type:test.draft');
    await operator.rows('noted').click();
    await field.fill('The disk was full.');
    // As an administrator, or the end of the session, would do it.
    await ask(stack.url, '/operator/api/session/all', {
      method: 'DELETE',
      headers: { 'x-vx11-token': stack.caller.token },
    });
    await operator.page.getByLabel('Principal token').waitFor();
    await operator.signIn();
    await operator.shows('noted');
    expect(await field.inputValue()).toBe('The disk was full.');
    await operator.page.getByRole('button', { name: 'Sign out' }).click();
    await operator.page.getByLabel('Principal token').fill(others.gateway);
    await operator.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await operator.shows('noted');
    expect(await field.inputValue()).toBe('');
  });
});

describe('without HTTPS, where the browser keeps no session', () => {
  it('a second tab and a reload ask the first tab, until the operator signs out', async () => {
    // Chromium calls only loopback addresses and HTTPS secure; this name is neither.
    const insecure = await launchChromium({
      args: ['--host-resolver-rules=MAP panel.example 127.0.0.1'],
    });
    const url = stack.url.replace('127.0.0.1', 'panel.example');
    const first = await Operator.at(insecure, url, stack.caller.token, { permissions: [] });
    await first.open();
    await first.isLive();
    expect(await first.page.evaluate('isSecureContext')).toBe(false);
    const second = await first.newTab();
    await second.visit();
    await second.isLive();
    await first.page.reload();
    await first.isLive();
    expect(await first.page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain(
      stack.caller.token,
    );
    await second.page.getByRole('button', { name: 'Sign out' }).click();
    await expectSeen(first.page.getByText('You signed out in another tab.'));
    await first.page.reload();
    await expectSeen(first.page.getByRole('button', { name: 'Sign in', exact: true }));
    await first.closeBrowser();
    await insecure.close();
  });
});

describe('signing out', () => {
  it('ends the stream, forgets the events, and does so in every tab', async () => {
    await operator.open();
    const other = await operator.newTab();
    await other.open();
    await other.isLive();
    await stack.caller.publish(event({ type: 'test.sign-out', data: { summary: 'for our eyes' } }));
    await other.shows('for our eyes');
    await operator.page.getByRole('button', { name: 'Sign out' }).click();
    await other.page.getByText('Signed out in another tab').waitFor();
    expect(await other.page.content()).not.toContain('for our eyes');
    expect(await stack.caller.streams(0)).toEqual([]);
  });

  it('ends the session on the server: its cookie is refused', async () => {
    await operator.open();
    const [{ name, value } = { name: '', value: '' }] = (
      await operator.page.context().cookies(`${stack.url}/operator/api/session`)
    ).filter((cookie) => cookie.name === 'vx11-session');
    await Promise.all([
      operator.page.waitForResponse((response) => response.request().method() === 'DELETE'),
      operator.page.getByRole('button', { name: 'Sign out' }).click(),
    ]);
    const headers = { cookie: `${name}=${value}`, 'sec-fetch-site': 'same-origin' };
    const refresh = await ask(stack.url, '/operator/api/session/refresh', {
      method: 'POST',
      headers,
      issuing: true,
    });
    expect([refresh.status, refresh.json.code]).toEqual([403, 'invalid_token']);
    expect(await operator.page.getByText('did not end the session').count()).toBe(0);
  });

  it('says so when the server does not end the session', async () => {
    await operator.open();
    await operator.page.route('**/operator/api/session', (route) =>
      route.fulfill({ status: 400, json: { code: 'invalid_request', detail: 'No.' } }),
    );
    await operator.page.getByRole('button', { name: 'Sign out' }).click();
    await expectSeen(operator.page.getByText('the server did not end the session. No.'));
  });

  it('is final: a refresh that was under way brings no session back', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await operator.page.route('**/operator/api/audit*', (route) =>
      route.fulfill({ status: 401, json: { code: 'auth_required' } }),
    );
    await operator.page.route('**/session/refresh', async (route) => {
      await answered;
      const session = { id: 'n_1', principal_id: 'operator', scopes: [] };
      const json = { access_token: 'late', expires_in_sec: 900, session };
      await route.fulfill({ json }).catch(() => undefined);
    });
    const [asked] = await Promise.all([
      operator.page.waitForRequest('**/session/refresh'),
      operator.open('#/audit'),
    ]);
    await operator.page.getByRole('button', { name: 'Sign out' }).click();
    await operator.page.getByLabel('Principal token').waitFor();
    answer();
    // A request that the page has given up has no answer.
    expect(await asked.response().catch(() => null)).toBeNull();
    expect(await operator.page.evaluate("localStorage.getItem('vx11-session')")).toBeNull();
  });

  const revoke = (id: string) => stack.caller.post(`/principals/${id}/revoke`);

  it('follows a revocation during an outage of the stream, with the reason', async () => {
    const network = await TcpProxy.to(Number(new URL(stack.url).port));
    const url = `http://127.0.0.1:${network.port}`;
    const other = await Operator.at(browser, url, others.gateway);
    await other.open();
    await other.isLive();
    network.cut();
    await other.page.getByRole('button', { name: /^Reconnecting/ }).waitFor();
    await revoke('gateway');
    network.restore();
    await expectSeen(other.page.getByText('This principal was revoked.'));
    await other.closeBrowser();
    await network.close();
  });

  it('follows a revocation that a request notices before the stream, with the same words', async () => {
    const other = await Operator.at(browser, stack.url, others['tentaculo-link']);
    // The tab's own requests can be held back; a worker's cannot.
    await other.page.addInitScript('delete globalThis.SharedWorker');
    await other.page.route('**/events/sse-token', () => undefined);
    await other.open('#/streams');
    await other.page.getByRole('row').first().waitFor();
    await revoke('tentaculo-link');
    // No click: if the page has noticed already, it has no links.
    await other.page.evaluate("location.hash = '#/overview'");
    await expectSeen(other.page.getByText('This principal was revoked.'));
    await other.closeBrowser();
  });

  it('follows when a principal revokes itself, with the reason', async () => {
    await operator.open();
    await operator.isLive();
    await operator.page.getByRole('link', { name: 'Streams' }).click();
    await operator.page
      .getByRole('button', { name: /^Revoke the principal/ })
      .first()
      .click();
    const button = operator.page.getByRole('button', { name: 'Revoke principal' });
    expect(await button.isDisabled()).toBe(true);
    await operator.page.getByLabel(/^Type operator to confirm/).fill('operator');
    await button.click();
    // The two others are revoked by now, so the server asks for a confirmation.
    await operator.page.getByText('Nobody else may restore this principal.').waitFor();
    await operator.page.getByRole('button', { name: 'Revoke the last administrator' }).click();
    await expectSeen(operator.page.getByText('This principal was revoked.'));
    await expectSeen(operator.page.getByRole('button', { name: 'Sign in' }));
  });
});

itLeaksNoToken();
