// npm run screenshots: every page of the panel, light and dark, 1440, 1024 and 390 pixels
// wide (a phone), as WebP into docs/images/, and as PNG into .cache/screenshots/.
// Takes about a minute: the plots of the overview need some history.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, refuseArguments, root } from './lib/bootstrap.mjs';

refuseArguments();
await bootstrap(import.meta.url);

const OUT = join(root, 'docs/images');
const PNG = join(root, '.cache/screenshots');
/** Of WebP, from 0 to 1: text stays sharp, at a third of the bytes of PNG. */
const QUALITY = 0.85;
const HISTORY_MS = 40_000;
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const PAGES = [
  ['Overview', '.figure:last-child canvas'],
  ['Streams', 'tbody tr'],
  ['Principals', 'tbody tr'],
  ['Audit', 'table'],
];

const { demoEvent } = await import('./lib/demo-events.mjs');
const { openPanel, withPanelStack } = await import('./lib/panel-stack.mjs');

try {
  mkdirSync(PNG, { recursive: true });
  await withPanelStack(async (stack) => {
    await someBusyPrincipals(stack);
    const close = await history(stack);
    for (const colorScheme of ['light', 'dark']) {
      await desktop(stack, colorScheme);
      await phone(stack, colorScheme);
    }
    close();
  });
  process.exit();
} catch (error) {
  giveUp(error);
}

/** A few of each status, as the page Principals and the audit trail show them. */
async function someBusyPrincipals({ url, token }) {
  const act = async (method, path, body) => {
    const response = await fetch(`${url}/operator/api/principals${path}`, {
      method,
      headers: { 'x-vx11-token': token, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
  };
  const soon = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString();
  const filter = { module: ['billing'] };
  await act('POST', '', { id: 'billing-wall', scopes: ['events:read'], filter });
  await act('POST', '', { id: 'deploy-bot', scopes: ['events:publish'], expires_at: soon });
  await act('POST', '', { id: 'night-shift', scopes: ['events:read', 'audit:read'] });
  await act('POST', '', { id: 'old-script', scopes: ['events:read'] });
  await act('POST', '/deploy-bot/rotate', { grace_sec: 3_600 });
  await act('POST', '/old-script/disable');
  await act('POST', '/night-shift/revoke');
}

/** Publishes and opens streams for a while; the streams stay until the answer is called. */
async function history({ url, token, publish, issue, alert }) {
  const open = new AbortController();
  const read = async (query) => {
    const path = `/operator/api/events/stream?${query}`;
    const { body } = await fetch(url + path, { signal: open.signal });
    body.pipeTo(new WritableStream()).catch(() => 'aborted at the end');
  };
  for (let n = 0; n < 19; n += 1) await read(`token=${await issue()}&severity=error,critical`);
  await read(`token=${token}`);
  const started = Date.now();
  let n = 0;
  while (Date.now() - started < HISTORY_MS) {
    const now = Date.now();
    await publish(Array.from({ length: 3 }, (_, index) => demoEvent(n + index, now + index * 90)));
    n += 3;
    if (n % 12 === 0) await issue();
    await delay(300);
  }
  await alert('DatabaseReplicaLost', 'critical', 'The replica eu-2 has not followed for 4 minutes');
  await alert('PaymentLatencyHigh', 'warning', 'Payments take 1.4 s at the 95th percentile');
  await publish([4, 15, 17, 26, 96, 37, 48, 54].map((k, index) => alike(k, index)));
  return () => open.abort();
}

/** The newest lines: what an operator would see in the middle of it, with one burst. */
function alike(n, index) {
  return { ...demoEvent(n, Date.now() + index * 40), id: `last-${index}` };
}

/** Every page in two widths: the window is made narrower, as a user does. */
async function desktop(stack, colorScheme) {
  const context = await stack.browser.newContext({ ...DESKTOP, colorScheme });
  const shoot = async (page, name) => {
    await page.mouse.move(0, 0);
    for (const { suffix, size } of [
      { suffix: '', size: DESKTOP.viewport },
      { suffix: '-1024', size: { width: 1024, height: 768 } },
    ]) {
      await page.setViewportSize(size);
      await delay(300);
      await keep(stack, page, `${name}${suffix}-${colorScheme}`);
    }
    await page.setViewportSize(DESKTOP.viewport);
  };
  await walk(context, stack, { shoot, rows: 20 });
}

async function phone(stack, colorScheme) {
  const context = await stack.browser.newContext({ ...PHONE, colorScheme });
  const shoot = (page, name) => keep(stack, page, `${name}-phone-${colorScheme}`);
  await walk(context, stack, { shoot, rows: 8 });
}

/** @param rows events that must be on screen first */
async function walk(context, stack, { shoot, rows }) {
  const visitor = await context.newPage();
  await visitor.goto(`${stack.url}/operator/ui/`);
  await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
  await shoot(visitor, 'sign-in');
  // As it looks where an issuer is configured; nothing is asked of it.
  const oidc = { issuer: 'https://login.example', client_id: 'panel', scopes: ['openid'] };
  await visitor.route('**/session/config', (route) => route.fulfill({ json: { oidc } }));
  await visitor.reload();
  await visitor.getByRole('button', { name: 'Sign in with login.example' }).waitFor();
  await shoot(visitor, 'sign-in-oidc');
  await visitor.close();

  const page = await openPanel(context, stack, '#/events');
  await page.locator('.row.event').nth(rows).waitFor();
  await shoot(page, 'events');
  await page.locator('.row.event', { hasText: 'Replica eu-2' }).first().click();
  await page.locator('.json').waitFor();
  await shoot(page, 'details');
  await page.getByRole('button', { name: 'Close details' }).click();
  for (const [name, ready] of PAGES) {
    await page.getByRole('link', { name }).click();
    await page.locator(ready).first().waitFor();
    await delay(500);
    await shoot(page, name.toLowerCase());
  }
  await page.goto(`${page.url().split('#')[0]}#/runbooks`);
  await page.locator('.prose h2').first().waitFor();
  await shoot(page, 'runbooks');
  await context.close();
}

/** Writes what is on screen as PNG and, by the browser itself, as WebP. */
async function keep({ browser }, page, name) {
  const png = await page.screenshot({ path: join(PNG, `${name}.png`), animations: 'disabled' });
  const encoder = await browser.newPage();
  const webp = await encoder.evaluate(
    async ([data, quality]) => {
      const image = await createImageBitmap(await (await fetch(data)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      canvas.getContext('2d').drawImage(image, 0, 0);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
      return new Uint8Array(await blob.arrayBuffer()).toBase64();
    },
    [`data:image/png;base64,${png.toString('base64')}`, QUALITY],
  );
  await encoder.close();
  writeFileSync(join(OUT, `${name}.webp`), Buffer.from(webp, 'base64'));
}
