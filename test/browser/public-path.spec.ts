/**
 * The product below a path of a real nginx (VX11_PUBLIC_PATH).
 * @needs chromium nginx
 */
import type { Browser } from 'playwright-core';
import { Caller, event } from '../support/caller.js';
import { ask } from '../support/http.js';
import { launchChromium } from '../support/process/chromium.ts';
import { startNginx, type Nginx } from '../support/process/nginx.ts';
import { itLeaksNoToken, remember } from '../support/secrets.js';
import { expectSeen, Operator } from './support/operator.js';
import { startStack, type Stack } from './support/stack.js';

const PATH = '/tools/vx11';

let stack: Stack;
let nginx: Nginx;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startStack(
      {},
      {
        VX11_PUBLIC_PATH: `${PATH}/`,
        VX11_GATEWAY_PUBLIC_DOCS: '1',
        VX11_GATEWAY_TRUSTED_PROXIES: 'loopback',
      },
    ),
    launchChromium(),
  ]);
  nginx = await startNginx(stack.url, PATH);
});

afterAll(async () => {
  await browser.close();
  await nginx.stop();
  await stack.stop();
});

describe.each(['removing', 'keeping'] as const)('behind nginx %s the path', (kind) => {
  const caller = () => new Caller(`${nginx[kind]}${PATH}`, stack.caller.token);

  it.each(['/', '/operator/ui'])('leads from %s to the panel', async (path) => {
    const { status, headers } = await ask(nginx[kind], `${PATH}${path}`);
    expect([status, headers.location]).toEqual([302, `${PATH}/operator/ui/`]);
  });

  it('streams what was published, and describes its API there', async () => {
    const reader = await caller().stream();
    await caller().publish(event({ type: 'path.seen' }));
    await reader.ofType('path.seen');
    await reader.close();
    const { json } = await ask(nginx[kind], `${PATH}/docs-json`);
    expect((json as unknown as { servers: object[] }).servers).toMatchObject([{ url: PATH }]);
  });

  it('finds nothing of the product outside of the path', async () => {
    expect((await ask(nginx[kind], '/operator/api/health')).status).toBe(404);
    expect((await ask(nginx[kind], `${PATH}x/operator/api/health`)).status).toBe(404);
  });
});

it('the panel signs in, and shows events and its other pages', async () => {
  const operator = await Operator.at(browser, `${nginx.removing}${PATH}`, stack.caller.token);
  await operator.open();
  await operator.isLive();
  await stack.caller.publish(event({ data: { summary: 'below a path' } }));
  await expectSeen(operator.rows('below a path'));
  await operator.page.getByRole('link', { name: 'Overview' }).click();
  await expectSeen(operator.page.getByText('tentaculo-link'));
  await operator.closeBrowser();
});

it('/docs gives a token and publishes an event by "try it out"', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${nginx.keeping}${PATH}/docs`);
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.auth-container', { hasText: 'X-VX11-Token' });
  await dialog.locator('input').fill(stack.caller.token);
  await dialog.locator('button.authorize').click();
  await page.locator('.btn-done').first().click();
  const execute = async (method: string, path: string) => {
    const operation = page.locator(`.opblock-${method}`, {
      has: page.locator(`[data-path="${path}"]`),
    });
    await operation.locator('.opblock-summary').click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    const response = operation.locator('.live-responses-table .response').first();
    return {
      status: await response.locator('.response-col_status').innerText(),
      body: await response.locator('.highlight-code code, pre code').first().innerText(),
    };
  };
  const issued = await execute('post', '/operator/api/events/sse-token');
  expect(issued).toMatchObject({ status: '200', body: expect.stringContaining('sse_token') });
  const { sse_token: token } = JSON.parse(issued.body) as { sse_token: string };
  remember(token, 'ephemeral');
  const published = await execute('post', '/operator/api/events');
  expect(published).toMatchObject({
    status: '202',
    body: expect.stringContaining('"accepted": 1'),
  });
  // The token is bound to this browser.
  const history = await page.evaluate(
    async (url) => (await fetch(url)).text(),
    `${PATH}/operator/api/events/stream?follow=false&token=${token}`,
  );
  expect(history).toContain('"type":"hello"');
  await page.context().close();
});

itLeaksNoToken();
