/**
 * Signing in to the panel at a real OpenID server, and managing principals.
 * `npm run test:oidc` runs this file with two different servers.
 * @needs chromium
 */
import { calculateJwkThumbprint, decodeProtectedHeader, type JWK } from 'jose';
import type { Browser } from 'playwright-core';
import { itLeaksNoToken } from '../support/secrets.js';
import type { OpenIdServer } from '../support/oidc/openid-server.js';
import { startOpenIdServer } from '../support/oidc/start-server.js';
import { launchChromium } from '../support/process/chromium.ts';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

/** Keycloak may need a minute to start. */
jest.setTimeout(180_000);

let provider: OpenIdServer;
let stack: Stack;
let browser: Browser;
let operator: Operator;

beforeAll(async () => {
  const panel = 'http://127.0.0.1/operator/ui/';
  [provider, browser] = await Promise.all([
    startOpenIdServer({ redirectUri: panel, requiresNonce: true }),
    launchChromium(),
  ]);
  stack = await startStack(
    {
      VX11_OIDC_CLIENT_ID: 'panel',
      VX11_OIDC_CLIENT_SCOPE: 'openid events:read streams:admin',
    },
    provider.settings,
  );
});

afterAll(async () => {
  await browser.close();
  await stack.stop();
  await provider.stop();
});

beforeEach(async () => {
  operator = await Operator.at(browser, stack.url, stack.caller.token);
});

afterEach(() => operator.closeBrowser());

/** Through the pages of the provider. */
async function signInAtIssuer(hash = ''): Promise<void> {
  const { page } = operator;
  await operator.visit(hash);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await provider.signIn(page);
  await isSignedIn(operator);
}

const isSignedIn = ({ page }: Operator) =>
  page.getByRole('navigation', { name: 'Pages' }).waitFor();

it('the issuer signs an operator in: code and state leave the address, a reload keeps the session', async () => {
  const loaded = operator.page.waitForResponse((response) => response.url().endsWith('/ui/'));
  await signInAtIssuer('#/streams');
  // Pages connect to the issuer and to their own origin alone, and send no form.
  const policy = (await loaded).headers()['content-security-policy'];
  expect(policy).toContain(`connect-src 'self' ${new URL(provider.url).origin};`);
  expect(policy).toContain("form-action 'none'");
  await expectSeen(operator.page.getByRole('heading', { name: 'Streams' }));
  const url = new URL(operator.page.url());
  expect([url.search, url.hash.startsWith('#/streams')]).toEqual(['', true]);
  expect(await operator.page.evaluate('sessionStorage.length')).toBe(0);
  await operator.page.reload();
  await expectSeen(operator.page.getByRole('heading', { name: 'Streams' }));
  await operator.page.getByRole('link', { name: 'Principals' }).click();
  await expectSeen(operator.page.getByRole('rowheader', { name: 'operator' }));
});

it('a token that is bound to a key signs in with its proof (DPoP); signing out everywhere ends it in each tab', async () => {
  const { page } = operator;
  // The panel asks for such a token where the server says so.
  await page.route('**/session/config', async (route) => {
    const { oidc } = (await (await route.fetch()).json()) as { oidc: object };
    await route.fulfill({ json: { oidc: { ...oidc, dpop: true } } });
  });
  const begins = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/api/session'),
  );
  await signInAtIssuer('#/streams');
  const headers = await (await begins).allHeaders();
  expect(headers['authorization']).toMatch(/^DPoP /);
  const [, claims = ''] = headers['authorization']!.split('.');
  const { cnf } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    cnf: { jkt: string };
  };
  expect(cnf.jkt).toBe(
    await calculateJwkThumbprint(decodeProtectedHeader(headers['dpop']!).jwk as JWK),
  );

  const other = await operator.newTab();
  await other.visit('#/streams');
  await isSignedIn(other);
  await other.page.keyboard.press('Control+k');
  await other.page.keyboard.insertText('Sign out everywhere');
  await other.page.keyboard.press('Enter');
  for (const one of [page, other.page]) {
    await expectSeen(one.getByRole('button', { name: /^Sign in with/ }));
    await one.reload();
    await expectSeen(one.getByRole('button', { name: /^Sign in with/ }));
  }
});

it.each([
  [
    'an answer that nobody asked for',
    '?code=stolen&state=made-up',
    'This tab did not begin the sign-in.',
  ],
  ['an error of the issuer', '?error=access_denied&state=made-up', 'did not succeed'],
])('%s signs nobody in, and leaves the address', async (_, query, words) => {
  await operator.page.goto(`${stack.url}/operator/ui/${query}#/streams`);
  await expectSeen(operator.page.getByText(words));
  expect(new URL(operator.page.url()).search).toBe('');
  expect(await operator.page.getByRole('navigation', { name: 'Pages' }).count()).toBe(0);
});

it('the way back leads to a place on this page only, whatever the address says (open redirect)', async () => {
  const { page } = operator;
  const visited: string[] = [];
  page.on('framenavigated', (frame) => visited.push(new URL(frame.url()).host));
  for (const hash of ['#https://evil.example/', '#//evil.example', '#javascript:alert(1)']) {
    await operator.visit(hash);
    await page.getByRole('button', { name: /^Sign in with/ }).waitFor();
  }
  await signInAtIssuer('#//evil.example/');
  const own = [new URL(stack.url).host, new URL(provider.url).host];
  expect(visited.filter((host) => !own.includes(host))).toEqual([]);
  expect(new URL(page.url()).host).toBe(own[0]);
});

it('an operator creates, rotates, disables, restores and deletes a principal', async () => {
  const { page } = operator;
  await operator.open('#/principals');
  await page.getByRole('button', { name: 'New principal…' }).click();
  await page.getByLabel('Id').fill('dashboard');
  await page.getByRole('button', { name: 'Create' }).click();
  const token = page.locator('.new-token');
  await token.waitFor();
  expect(await token.textContent()).toMatch(/^vx11p_[\w-]{43}$/);
  await page.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row').filter({ hasText: 'dashboard' });
  await expectSeen(row.getByText('active'));
  await row.getByRole('button', { name: 'New token for dashboard' }).click();
  await page.getByRole('button', { name: 'Make a token' }).click();
  await token.waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await row.getByRole('button', { name: 'Disable dashboard' }).click();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await expectSeen(row.getByText('disabled'));
  await row.getByRole('button', { name: 'Restore dashboard' }).click();
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expectSeen(row.getByText('active'));
  await row.getByRole('button', { name: 'Delete dashboard' }).click();
  await page.getByLabel(/^Type dashboard to confirm/).fill('dashboard');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await row.waitFor({ state: 'detached' });
});

itLeaksNoToken();
