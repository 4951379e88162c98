// npm run screenshots: every page of the panel, light and dark, on a desktop and on a
// phone, into docs/images/.
// Takes about a minute: the plots of the overview need some history.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, giveUp, root } from './lib/bootstrap.mjs';

await bootstrap(import.meta.url);

const OUT = join(root, 'docs/images');
const HISTORY_MS = 40_000;
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

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

async function desktop(stack, colorScheme) {
  const context = await stack.browser.newContext({ ...DESKTOP, colorScheme });
  const shoot = (page, name) =>
    page.screenshot({ path: join(OUT, `${name}-${colorScheme}.png`), animations: 'disabled' });
  const visitor = await context.newPage();
  await visitor.goto(`${stack.url}/operator/ui/`);
  await visitor.getByRole('button', { name: 'Sign in' }).waitFor();
  await shoot(visitor, 'sign-in');
  await visitor.close();

  const page = await openPanel(context, stack, '#/events?not=module:operator-backend');
  await page.locator('.row.event').nth(20).waitFor();
  await page.mouse.move(0, 0);
  await shoot(page, 'events');
  await page.locator('.row.event', { hasText: 'Replica eu-2' }).first().click();
  await page.locator('.json').waitFor();
  await shoot(page, 'details');
  await page.setViewportSize({ width: 1024, height: 768 });
  await shoot(page, 'details-1024');
  await page.setViewportSize(DESKTOP.viewport);
  await page.keyboard.press('Escape');
  for (const [name, ready] of [
    ['Overview', '.figure:last-child canvas'],
    ['Streams', 'tbody tr'],
    ['Principals', 'tbody tr'],
    ['Audit', 'table'],
  ]) {
    await page.getByRole('link', { name }).click();
    await page.locator(ready).first().waitFor();
    await page.mouse.move(0, 0);
    await delay(500);
    await shoot(page, name.toLowerCase());
  }
  await context.close();
}

async function phone(stack, colorScheme) {
  const context = await stack.browser.newContext({ ...PHONE, colorScheme });
  const page = await openPanel(context, stack, '#/events?not=module:operator-backend');
  const shoot = (name) =>
    page.screenshot({
      path: join(OUT, `${name}-phone-${colorScheme}.png`),
      animations: 'disabled',
    });
  await page.locator('.row.event').nth(8).waitFor();
  await shoot('events');
  await page.locator('.row.event', { hasText: 'Replica eu-2' }).first().tap();
  await page.locator('.json').waitFor();
  await shoot('details');
  await page.getByRole('button', { name: 'Close details' }).tap();
  for (const [name, ready] of [
    ['Overview', '.figure:first-child canvas'],
    ['Streams', 'tbody tr'],
    ['Principals', 'tbody tr'],
  ]) {
    await page.getByRole('link', { name }).tap();
    await page.locator(ready).first().waitFor();
    await delay(500);
    await shoot(name.toLowerCase());
  }
  await context.close();
}
