// npm run screenshots: every page of the panel, light and dark, 1440, 1024 and 390 pixels
// wide (a phone), into docs/images/.
// Takes about a minute: the plots of the overview need some history.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, root } from './lib/bootstrap.mjs';

await bootstrap(import.meta.url);

const OUT = join(root, 'docs/images');
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
  await withPanelStack(async (stack) => {
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

/** Publishes and opens streams for a while; the streams stay until the answer is called. */
async function history({ url, token, publish, issue }) {
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
      const path = join(OUT, `${name}${suffix}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
    }
    await page.setViewportSize(DESKTOP.viewport);
  };
  const visitor = await context.newPage();
  await visitor.goto(`${stack.url}/operator/ui/`);
  await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
  await shoot(visitor, 'sign-in');
  await visitor.close();

  const page = await openPanel(context, stack, '#/events');
  await page.locator('.row.event').nth(20).waitFor();
  await shoot(page, 'events');
  await page.locator('.row.event', { hasText: 'Replica eu-2' }).first().click();
  await page.locator('.json').waitFor();
  await shoot(page, 'details');
  await page.keyboard.press('Escape');
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

async function phone(stack, colorScheme) {
  const context = await stack.browser.newContext({ ...PHONE, colorScheme });
  const shoot = (page, name) =>
    page.screenshot({
      path: join(OUT, `${name}-phone-${colorScheme}.png`),
      animations: 'disabled',
    });
  const visitor = await context.newPage();
  await visitor.goto(`${stack.url}/operator/ui/`);
  await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
  await shoot(visitor, 'sign-in');
  await visitor.close();

  const page = await openPanel(context, stack, '#/events');
  await page.locator('.row.event').nth(8).waitFor();
  await shoot(page, 'events');
  await page.locator('.row.event', { hasText: 'Replica eu-2' }).first().tap();
  await page.locator('.json').waitFor();
  await shoot(page, 'details');
  await page.getByRole('button', { name: 'Close details' }).tap();
  for (const [name, ready] of PAGES) {
    await page.getByRole('link', { name }).tap();
    await page.locator(ready).first().waitFor();
    await delay(500);
    await shoot(page, name.toLowerCase());
  }
  await page.goto(`${page.url().split('#')[0]}#/runbooks`);
  await page.locator('.prose h2').first().waitFor();
  await shoot(page, 'runbooks');
  await context.close();
}
